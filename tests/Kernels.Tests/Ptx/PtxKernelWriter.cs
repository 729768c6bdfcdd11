using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>Writes the statements of one kernel.</summary>
internal sealed partial class PtxKernelWriter
{
    private static readonly Dictionary<string, string> Special = new()
    {
        ["%tid"] = "self.thread",
        ["%ntid"] = "self.threads",
        ["%ctaid"] = "self.block",
        ["%nctaid"] = "self.grid",
        ["%laneid"] = "(self.current & 31)",
        ["%warpid"] = "(self.current / 32)",
        ["WARP_SZ"] = "32u",
        ["%lanemask_eq"] = "(1u << (self.current & 31))",
        ["%lanemask_lt"] = "((1u << (self.current & 31)) - 1)",
        ["%lanemask_le"] = "((2u << (self.current & 31)) - 1)",
        ["%lanemask_gt"] = "~((2u << (self.current & 31)) - 1)",
        ["%lanemask_ge"] = "~((1u << (self.current & 31)) - 1)",
    };

    // What a load or store may say beside its space and type, without a meaning here: all memory is coherent.
    private static readonly string[] AccessWords = ["volatile", "weak", "relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys", "nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "noftz"];

    private readonly PtxKernel _kernel;
    private readonly StringBuilder _code;
    private readonly List<int> _sites;
    private readonly Stack<Dictionary<string, string>> _registers = new([[]]);
    private PtxPlace _place;
    private string _text = "";

    public PtxKernelWriter(PtxKernel kernel, StringBuilder code, List<int> sites)
    {
        _kernel = kernel;
        _code = code;
        _sites = sites;
    }

    /// <summary>Addresses of variables, as C++.</summary>
    public Dictionary<string, string> Symbols { get; } = [];

    /// <summary>The thread's own variable and its size, as C++.</summary>
    public string? Local { get; set; }

    /// <summary>Whether threads meet: at barriers or in exchanges.</summary>
    public bool Cooperative { get; private set; }

    /// <summary>Writes them all.</summary>
    public void Write()
    {
        foreach (PtxStatement statement in _kernel.Body)
        {
            _place = statement.Place;
            _text = statement.Text;
            if (_text == "{")
            {
                _registers.Push(new(_registers.Peek()));
                _code.AppendLine("{");
            }
            else if (_text == "}")
            {
                _registers.Pop();
                _code.AppendLine("}");
            }
            else if (_text.EndsWith(':'))
            {
                _code.AppendLine($"{Label(_text[..^1])}:;");
            }
            else if (_text.StartsWith(".reg", StringComparison.Ordinal))
            {
                Registers();
            }
            else if (!_text.StartsWith('.'))
            {
                Match m = Instruction().Match(_text);
                if (!m.Success)
                {
                    throw Unknown();
                }

                string guard = m.Groups["guard"].Success ? $"if ({(m.Groups["not"].Length > 0 ? "!" : "")}{Register(m.Groups["guard"].Value, "pred")}) " : "";
                string[] words = m.Groups["name"].Value.Split('.');
                _code.AppendLine($"{guard}{{ {One(words[0], words[1..], Split(m.Groups["operands"].Value))} }}");
            }
        }
    }

    private string One(string name, string[] words, string[] o)
    {
        switch (name)
        {
            case "bra" when o.Length == 1 && words is [] or ["uni"]:
                return $"goto {Label(o[0])};";
            case "ret" or "exit" when o.Length == 0:
                return "return;";
            case "trap" when o.Length == 0:
                return $"trap({Site()});";
            case "membar" or "fence" or "prefetch" or "prefetchu":
                return "";
            case "bar" or "barrier" when words is ["sync"] && o is ["0"]:
                Cooperative = true;
                return $"barrier({Site()});";
            case "mov" when words.Length == 1:
                return Move(words[0], o);
            case "cvta":
                return Generic(words, o);
            case "cvt" when words.Length >= 2 && o.Length == 2:
                return Convert(words, o);
            case "setp":
                return Compare(words, o);
            case "shfl" or "vote" when words is ["sync", _, _]:
                return Meet(name, words[1], words[2], o);
            case "ld" or "ldu" or "st" when o.Length == 2:
                return Access(name == "st", words, o);
            case "atom" or "red":
                return Atomic(name == "red" ? ["_", .. o] : o, words);
            default:
                return Call(name, words, o);
        }
    }

    // An instruction of the table.
    private string Call(string name, string[] words, string[] o)
    {
        if (words.Length == 0)
        {
            throw Unknown();
        }

        bool flush = words.Contains("ftz");
        string type = words[^1];
        string head = string.Join('.', (string[])[name, .. words[..^1].Where(w => w != "ftz")]);
        if (!PtxOpcodes.TryFind(head, type, out (string Function, string Operands) found) || o.Length != found.Operands.Length + 1)
        {
            throw Unknown();
        }

        IEnumerable<string> arguments = found.Operands.Select((kind, i) => kind switch
        {
            'u' => Value(o[i + 1], "u32"),
            'p' => Value(o[i + 1], "pred"),
            'w' => Value(o[i + 1], Wide(type)),
            _ => flush ? $"flush({Value(o[i + 1], type)})" : Value(o[i + 1], type),
        });
        string call = $"{found.Function}({string.Join(", ", arguments)})";
        string result = head.EndsWith(".wide", StringComparison.Ordinal) ? Wide(type) : head is "popc" or "clz" || head.StartsWith("bfind", StringComparison.Ordinal) ? "u32" : head.StartsWith("testp", StringComparison.Ordinal) ? "pred" : type;
        return Put(o[0], result, flush ? $"flush({call})" : call);
    }

    private string Move(string type, string[] o)
    {
        if (PtxOpcodes.Size(type) == 0 || o.Length != 2)
        {
            throw Unknown();
        }

        if (o[0].StartsWith('{') || o[1].StartsWith('{'))
        {
            string[] parts = Split(o[o[0].StartsWith('{') ? 0 : 1].Trim('{', '}', ' '));
            string whole = $"u{PtxOpcodes.Size(type) * 8}";
            string part = $"u{PtxOpcodes.Size(type) * 8 / parts.Length}";
            return o[0].StartsWith('{')
                ? $"{whole} whole = {Value(o[1], whole)}; {string.Join(' ', parts.Select((p, i) => Put(p, part, $"pick<{part}>(&whole, {i})")))}"
                : $"{part} parts[] = {{{string.Join(", ", parts.Select(p => Value(p, part)))}}}; {Put(o[0], whole, $"pick<{whole}>(parts, 0)")}";
        }

        int parameter = Array.FindIndex(_kernel.Parameters, p => p.Name == o[1]);
        return Put(o[0], type, parameter >= 0 && PtxOpcodes.Size(type) == 8 ? $"parameter_address({parameter})" : Value(o[1], type));
    }

    private string Generic(string[] words, string[] o)
    {
        bool to = words[0] == "to";
        if (words.Length != (to ? 3 : 2) || words[^2] is not ("global" or "shared" or "local" or "const") || words[^1] is not ("u64" or "u32") || o.Length != 2)
        {
            throw Unknown();
        }

        string shift = words[^2] != "shared" ? "" : to ? " - shared_window()" : " + shared_window()";
        return Put(o[0], words[^1], $"{Value(o[1], words[^1])}{shift}");
    }

    private string Convert(string[] words, string[] o)
    {
        string to = words[^2], from = words[^1];
        string[] rest = [.. words[..^2]];
        string? round = rest.FirstOrDefault(w => w.StartsWith('r'));
        bool integral = round is { Length: 3 } && round[^1] == 'i';
        if (PtxOpcodes.Size(to) == 0 || PtxOpcodes.Size(from) == 0 || to is "f16x2" or "pred" || from is "f16x2" or "pred" || rest.Any(w => w is not ("sat" or "ftz") && w != round)
            || round is not (null or "rn" or "rz" or "rm" or "rp" or "rni" or "rzi" or "rmi" or "rpi"))
        {
            throw Unknown();
        }

        string value = rest.Contains("ftz") ? $"flush({Value(o[1], from)})" : Value(o[1], from);
        string result = $"convert<{PtxOpcodes.Computed(to)}>({value}, Round::{(round is null ? "none" : round[..2])}, {(integral ? "true" : "false")}, {(rest.Contains("sat") ? "true" : "false")})";
        return Put(o[0], to, rest.Contains("ftz") ? $"flush({result})" : result);
    }

    private string Compare(string[] words, string[] o)
    {
        bool flush = words.Contains("ftz");
        words = [.. words.Where(w => w != "ftz")];
        bool joined = words.Length == 3 && words[1] is "and" or "or" or "xor";
        if (words.Length != (joined ? 3 : 2) || !PtxOpcodes.Comparisons.Contains(words[0]) || PtxOpcodes.Size(words[^1]) < 2 || o.Length != (joined ? 4 : 3))
        {
            throw Unknown();
        }

        string type = words[^1];
        string[] targets = o[0].Split('|');
        string other = joined ? Value(o[3], "pred") : "";
        string Joined(string truth) => !joined ? truth : words[1] switch { "and" => $"({truth} && {other})", "or" => $"({truth} || {other})", _ => $"({truth} != {other})" };
        string call = $"compare_{words[0]}";
        if (type == "f16x2")
        {
            return $"f16x2 a = {Value(o[1], type)}, b = {Value(o[2], type)}; bool p = {Joined($"{call}(a.low, b.low)")}, q = {Joined($"{call}(a.high, b.high)")}; {Put(targets[0], "pred", "p")} {(targets.Length > 1 ? Put(targets[1], "pred", "q") : "")}";
        }

        string Operand(string operand) => flush ? $"flush({Value(operand, type)})" : Value(operand, type);
        return $"bool t = {call}({Operand(o[1])}, {Operand(o[2])}), p = {Joined("t")}, q = {Joined("!t")}; {Put(targets[0], "pred", "p")} {(targets.Length > 1 ? Put(targets[1], "pred", "q") : "")}";
    }

    private string Meet(string name, string mode, string type, string[] o)
    {
        bool shuffle = name == "shfl";
        if (!PtxOpcodes.Exchanges.TryGetValue(mode, out string? kind) || shuffle != mode is "up" or "down" or "bfly" or "idx" || type != (shuffle || mode == "ballot" ? "b32" : "pred") || o.Length != (shuffle ? 5 : 3))
        {
            throw Unknown();
        }

        Cooperative = true;
        string[] targets = o[0].Split('|');
        string operands = shuffle ? $"{Value(o[1], "b32")}, {Value(o[2], "b32")}, {Value(o[3], "b32")}" : $"{Value(o[1], "pred")}, 0, 0";
        string first = type == "pred" ? Put(targets[0], "pred", "got.predicate") : Put(targets[0], "b32", "got.value");
        return $"Exchanged got = exchange({Site()}, Exchange::{kind}, {Value(o[^1], "b32")}, {operands}); {first} {(targets.Length > 1 ? Put(targets[1], "pred", "got.predicate") : "")}";
    }

    private string Access(bool store, string[] words, string[] o)
    {
        string type = words.Length == 0 ? "" : words[^1];
        string? space = words.FirstOrDefault(w => w is "global" or "shared" or "local" or "const" or "param");
        int count = words.Contains("v2") ? 2 : words.Contains("v4") ? 4 : 1;
        if (PtxOpcodes.Size(type) == 0 || type is "pred" || words[..^1].Any(w => w != space && w is not ("v2" or "v4") && !AccessWords.Contains(w)) || (store && space is "param" or "const"))
        {
            throw Unknown();
        }

        string address = o[store ? 0 : 1], values = o[store ? 1 : 0];
        string[] registers = count == 1 ? [values] : Split(values.Trim('{', '}', ' '));
        int bytes = PtxOpcodes.Size(type) * count;
        string computed = PtxOpcodes.Computed(type);
        if (registers.Length != count || bytes > 16)
        {
            throw Unknown();
        }

        if (space == "param" && address.StartsWith("[%", StringComparison.Ordinal))
        {
            // A struct's field by a register that holds the struct's address in parameter space.
            string sizes = string.Join(", ", _kernel.Parameters.Select(p => PtxOpcodes.Size(p.Type) * p.Count));
            return $"static const unsigned sizes[] = {{{sizes}}}; const void* at = check_parameter({Site()}, sizes, {_kernel.Parameters.Length}, {AddressValue(address)}, {bytes}); {string.Join(' ', registers.Select((r, i) => Put(r, type, $"pick<{computed}>(at, {i})")))}";
        }

        if (space == "param")
        {
            (string name, long offset) = Address(address);
            int index = Array.FindIndex(_kernel.Parameters, p => p.Name == name);
            return index < 0 ? throw _place.Error($"'{name}' in '{_text}' is no parameter of '{_kernel.Name}'") : string.Join(' ', registers.Select((r, i) => Put(r, type, $"parameter<{computed}>({index}, {offset + (i * PtxOpcodes.Size(type))})")));
        }

        string where = AddressValue(address);
        string Given() => $"{computed} values[] = {{{string.Join(", ", registers.Select(r => Value(r, type)))}}};";
        string Taken() => string.Join(' ', registers.Select((r, i) => Put(r, type, $"pick<{computed}>(at, {i})")));
        if (space == "local")
        {
            string check = $"u64 address = {where}; check_local({Site()}, {Local ?? throw Unknown()}, address, {bytes});";
            return store ? $"{Given()} {check} std::memcpy(reinterpret_cast<void*>(address), values, {bytes});" : $"{check} const void* at = reinterpret_cast<const void*>(address); {Taken()}";
        }

        string kind = $"Space::{(space == "const" ? "constant" : space ?? "generic")}, {bytes}";
        return store ? $"{Given()} write<{kind}>({Site()}, {where}, values);" : $"const void* at = read<{kind}>({Site()}, {where}); {Taken()}";
    }

    private string Atomic(string[] o, string[] words)
    {
        string type = words.Length == 0 ? "" : words[^1];
        string? space = words.FirstOrDefault(w => w is "global" or "shared");
        string? operation = words.FirstOrDefault(PtxOpcodes.Atomics.ContainsKey);
        if (operation is null || PtxOpcodes.Size(type) is 0 or 1 || type == "f16x2" || words[..^1].Any(w => w != space && w != operation && !AccessWords.Contains(w)) || o.Length != 2 + PtxOpcodes.Atomics[operation])
        {
            throw Unknown();
        }

        string computed = PtxOpcodes.Computed(type);
        return $"void* at = atomic<Space::{space ?? "generic"}, {PtxOpcodes.Size(type)}>({Site()}, {AddressValue(o[1])}); {computed} old = pick<{computed}>(at, 0), next = atomic_{operation}<{computed}>(old, {string.Join(", ", o[2..].Select(v => Value(v, type)))}); std::memcpy(at, &next, sizeof(next)); {(o[0] == "_" ? "" : Put(o[0], type, "old"))}";
    }

    // .reg .b32 %r<71>; or .reg .b16 tmp;
    private void Registers()
    {
        Match m = Declared().Match(_text);
        string type = m.Groups["type"].Value;
        if (!m.Success || PtxOpcodes.Size(type) == 0)
        {
            throw Unknown();
        }

        foreach (string one in m.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries))
        {
            int open = one.IndexOf('<', StringComparison.Ordinal);
            IEnumerable<string> names = open < 0 ? [one] : Enumerable.Range(0, int.Parse(one[(open + 1)..^1], CultureInfo.InvariantCulture)).Select(i => one[..open] + i);
            foreach (string name in names)
            {
                _registers.Peek()[name] = type;
            }

            _code.AppendLine($"{PtxOpcodes.Register(type)} {string.Join(", ", names.Select(PtxTranslator.Symbol))};");
        }
    }

    // An operand as a value of the type that an instruction computes in.
    private string Value(string operand, string type)
    {
        string wanted = PtxOpcodes.Computed(type);
        if (operand.StartsWith('!'))
        {
            return $"!{Register(operand[1..], "pred")}";
        }

        if (_registers.Peek().TryGetValue(operand, out string? declared))
        {
            string held = PtxOpcodes.Register(declared);
            string name = PtxTranslator.Symbol(operand);
            return held == wanted ? name : held[0] == 'u' && wanted[0] is 'u' or 's' && PtxOpcodes.Size(wanted) <= PtxOpcodes.Size(held) ? $"({wanted}){name}" : $"get<{wanted}>({name})";
        }

        if (PtxTranslator.Bits(operand) is string bits)
        {
            return wanted switch
            {
                "bool" => $"({bits} != 0)",
                "f32" or "f16x2" => $"get<{wanted}>((u32){bits})",
                "f64" => $"get<f64>({bits})",
                "f16" => $"get<f16>((u16){bits})",
                _ => $"(({wanted}){bits})",
            };
        }

        if (Special.TryGetValue(operand.Split('.')[0], out string? special))
        {
            return $"({wanted}){special}{operand[operand.Split('.')[0].Length..]}";
        }

        return Symbols.TryGetValue(operand, out string? address) ? $"({wanted}){address}" : throw _place.Error($"'{operand}' in '{_text}' is neither a register, a number nor a variable that the translator knows");
    }

    private string Register(string name, string type) =>
        _registers.Peek().TryGetValue(name, out string? declared) && declared == type ? PtxTranslator.Symbol(name) : throw _place.Error($"'{name}' in '{_text}' is no .{type} register");

    // An assignment of a value of a type to a register; "_" takes nothing.
    private string Put(string register, string type, string value)
    {
        if (register == "_")
        {
            return "";
        }

        string declared = _registers.Peek().TryGetValue(register, out string? known) ? known : throw _place.Error($"'{register}' in '{_text}' is no register");
        string held = PtxOpcodes.Register(declared), made = PtxOpcodes.Computed(type);
        bool same = held == made || (held[0] == 'u' && made[0] is 'u' or 's' && PtxOpcodes.Size(made) == PtxOpcodes.Size(held));
        return same ? $"{PtxTranslator.Symbol(register)} = {value};" : $"put({PtxTranslator.Symbol(register)}, ({made}){value});";
    }

    // "[%rd1+8]" as what stands before and behind the plus.
    private (string Base, long Offset) Address(string operand)
    {
        Match m = Bracket().Match(operand);
        return m.Success ? (m.Groups["base"].Value, m.Groups["offset"].Success ? long.Parse(m.Groups["offset"].Value, CultureInfo.InvariantCulture) : 0) : throw _place.Error($"the address '{operand}' in '{_text}' is not understood");
    }

    private string AddressValue(string operand)
    {
        (string start, long offset) = Address(operand);
        string type = _registers.Peek().TryGetValue(start, out string? declared) && PtxOpcodes.Size(declared) == 4 ? "u32" : "u64";
        return $"(u64){Value(start, type)} + {unchecked((ulong)offset)}ull";
    }

    private string Site()
    {
        _sites.Add(_place.Line);
        return $"sites[{_sites.Count - 1}]";
    }

    private InvalidDataException Unknown() => _place.Error($"the instruction '{_text}' is not one that the translator knows (PtxOpcodes, PtxKernelWriter)");

    private static string Wide(string type) => $"{type[0]}{PtxOpcodes.Size(type) * 16}";

    private static string Label(string name) => "l" + PtxTranslator.Symbol(name);

    // At commas outside braces and brackets.
    private static string[] Split(string operands) => operands.Length == 0 ? [] : [.. Comma().Split(operands).Select(s => s.Trim())];

    [GeneratedRegex(@"^(@(?<not>!?)(?<guard>[%\w]+)\s+)?(?<name>[a-z][\w.:]*)\s*(?<operands>.*)$")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^\.reg \.(?<type>\w+) (?<names>.+)$")]
    private static partial Regex Declared();

    [GeneratedRegex(@"^\[\s*(?<base>[%$\w]+)\s*(\+\s*(?<offset>-?\d+))?\s*\]$")]
    private static partial Regex Bracket();

    [GeneratedRegex(@",(?![^{}]*\})")]
    private static partial Regex Comma();
}
