using System.Globalization;
using System.Text;

namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>Turns a PTX file into C++ for the machine of tests/FakeCuda/ptx_machine.h: a function per kernel, a line per instruction.</summary>
/// <remarks>What it does not know ends in an error that names file, line and instruction; nothing is guessed.</remarks>
internal sealed class PtxTranslator
{
    // Between the variables of a block nothing lies, so that an access past one shows.
    private const int Gap = 64;
    private const int MostShared = 48 * 1024;

    private readonly PtxFile _file;
    private readonly StringBuilder _code = new();
    private readonly List<int> _sites = [];

    private PtxTranslator(PtxFile file) => _file = file;

    /// <summary>The C++ of a file.</summary>
    /// <exception cref="InvalidDataException">Something is not understood; the message names file and line.</exception>
    public static string Translate(PtxFile file)
    {
        PtxTranslator translator = new(file);
        StringBuilder tables = new();
        PtxVariable[] variables = [.. file.Variables.Where(v => v.Space is "global" or "const")];
        foreach (PtxVariable variable in variables)
        {
            translator._code.AppendLine(Definition(variable));
        }

        foreach (PtxKernel kernel in file.Kernels)
        {
            translator.Kernel(kernel, tables);
        }

        string sites = string.Join(", ", translator._sites.Select(line => $"{{FILE_NAME, {line}, 0, {{}}}}"));
        string module = string.Join(", ", variables.Select(v => $"{{\"{v.Name}\", reinterpret_cast<u64>({Symbol(v.Name)}), sizeof({Symbol(v.Name)}), {(v.Space == "const" ? "true" : "false")}}}"));
        return $$"""
            #include "ptx_operations.h"
            using namespace ptx;
            namespace
            {
            constexpr const char* FILE_NAME = "{{file.Name}}";
            extern Site sites[];
            {{translator._code}}
            Site sites[] = { {{sites}}{{(sites.Length == 0 ? "{}" : "")}} };
            const Kernel kernels[] = {
            {{tables}}};
            const Variable variables[] = { {{module}}{{(module.Length == 0 ? "{}" : "")}} };
            const Module module = {0x{{Hash(file.Text):x}}u, kernels, {{file.Kernels.Count}}, variables, {{variables.Length}}};
            const Registration registration(&module);
            }
            """;
    }

    // FNV-1a: the stand-in's cuModuleLoadDataEx finds a translation by the text.
    private static ulong Hash(string text) => Encoding.UTF8.GetBytes(text).Aggregate(0xcbf29ce484222325UL, (hash, b) => (hash ^ b) * 0x100000001b3UL);

    private void Kernel(PtxKernel kernel, StringBuilder tables)
    {
        string id = Symbol(kernel.Name);
        PtxKernelWriter writer = new(kernel, _code, _sites);
        int offset = 0;
        long used = 0;
        List<string> shared = [];
        IEnumerable<PtxVariable> declared = [.. _file.Variables, .. kernel.Body.Where(s => s.Text.StartsWith('.') && !s.Text.StartsWith(".reg", StringComparison.Ordinal)).Select(PtxFile.Variable)];
        PtxVariable? local = null;
        foreach (PtxVariable variable in declared)
        {
            long bytes = (long)PtxOpcodes.Size(variable.Type) * variable.Count;
            switch (variable.Space)
            {
                case "shared":
                    offset = (offset + Gap + Math.Max(variable.Align, 16) - 1) / Math.Max(variable.Align, 16) * Math.Max(variable.Align, 16);
                    writer.Symbols[variable.Name] = $"{offset}ull";
                    shared.Add($"{{\"{variable.Name}\", {offset}, {bytes}, false}}");
                    offset += (int)bytes;
                    used += bytes;
                    break;
                case "local" when local is null:
                    local = variable;
                    writer.Symbols[variable.Name] = $"reinterpret_cast<u64>({Symbol(variable.Name)})";
                    writer.Local = $"{Symbol(variable.Name)}, {bytes}";
                    break;
                case "global" or "const":
                    writer.Symbols[variable.Name] = $"reinterpret_cast<u64>({Symbol(variable.Name)})";
                    break;
                default:
                    throw variable.Place.Error($"a second .local variable, '{variable.Name}', is not translated");
            }
        }

        if (used > MostShared)
        {
            throw kernel.Place.Error($"kernel '{kernel.Name}' has {used} bytes of shared memory; {MostShared} are allowed");
        }

        _code.AppendLine($"void {id}()\n{{");
        if (local is not null)
        {
            _code.AppendLine($"alignas(16) unsigned char {Symbol(local.Name)}[{PtxOpcodes.Size(local.Type) * local.Count}];");
        }

        writer.Write();
        _code.AppendLine("}");
        _code.AppendLine($"const unsigned {id}_parameters[] = {{{string.Join(", ", kernel.Parameters.Select(p => PtxOpcodes.Size(p.Type) * p.Count).DefaultIfEmpty(0))}}};");
        _code.AppendLine($"const Variable {id}_shared[] = {{{string.Join(", ", shared.DefaultIfEmpty("{}"))}}};");
        tables.AppendLine($"{{\"{kernel.Name}\", FILE_NAME, {(writer.Cooperative ? "true" : "false")}, {kernel.MaxThreads}, {id}_parameters, {kernel.Parameters.Length}, {id}_shared, {shared.Count}, {(shared.Count == 0 ? 0 : offset)}, {id}}},");
    }

    private static string Definition(PtxVariable variable)
    {
        int size = PtxOpcodes.Size(variable.Type);
        IEnumerable<string> values = (variable.Value ?? "0").Trim('{', '}', ' ', '\n').Split(',', StringSplitOptions.TrimEntries).Select(v => Bits(v) ?? throw variable.Place.Error($"the value '{v}' of '{variable.Name}' is not translated"));
        return $"alignas(16) u{size * 8} {Symbol(variable.Name)}[{variable.Count}] = {{{string.Join(", ", values.Select(v => $"(u{size * 8}){v}"))}}};";
    }

    /// <summary>A name that C++ takes.</summary>
    internal static string Symbol(string name) => "v_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    /// <summary>A number as C++, floats as their bits; null where it is none.</summary>
    internal static string? Bits(string text)
    {
        if (text.Length == 10 && text.StartsWith("0f", StringComparison.OrdinalIgnoreCase) && uint.TryParse(text.AsSpan(2), NumberStyles.HexNumber, null, out uint single))
        {
            return $"{single}u";
        }

        if (text.Length == 18 && text.StartsWith("0d", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, null, out ulong twice))
        {
            return $"{twice}ull";
        }

        string digits = text.TrimEnd('U');
        return digits.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(digits.AsSpan(2), NumberStyles.HexNumber, null, out ulong hex) ? $"{hex}ull"
            : long.TryParse(digits, NumberStyles.AllowLeadingSign, null, out long number) ? $"{unchecked((ulong)number)}ull"
            : ulong.TryParse(digits, NumberStyles.None, null, out ulong large) ? $"{large}ull"
            : null;
    }
}
