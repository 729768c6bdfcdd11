using System.Text;
using System.Text.RegularExpressions;

namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>A place in a PTX file, for messages.</summary>
internal readonly record struct PtxPlace(string File, int Line)
{
    /// <summary>An error there.</summary>
    public InvalidDataException Error(string what) => new($"{File}:{Line}: {what}");
}

/// <summary>One statement: a directive, a label, an instruction, or a brace that opens or closes a scope.</summary>
internal readonly record struct PtxStatement(string Text, PtxPlace Place);

/// <summary>A variable: <c>.shared .align 8 .b8 values[2048]</c>, or one with a value.</summary>
internal sealed record PtxVariable(string Space, string Name, string Type, int Align, int Count, string? Value, PtxPlace Place);

/// <summary>A kernel: its parameters, the threads of a block at the most, and its statements.</summary>
internal sealed record PtxKernel(string Name, PtxVariable[] Parameters, int MaxThreads, PtxStatement[] Body, PtxPlace Place);

/// <summary>A PTX file cut into kernels, variables and statements; what an instruction means is <see cref="PtxTranslator"/>'s business.</summary>
internal sealed partial class PtxFile
{
    private PtxFile(string name) => Name = name;

    /// <summary>The file's name without its folder.</summary>
    public string Name { get; }

    /// <summary>The text as it is.</summary>
    public string Text { get; private init; } = "";

    /// <summary>The kernels in the file's order.</summary>
    public List<PtxKernel> Kernels { get; } = [];

    /// <summary>Variables outside kernels.</summary>
    public List<PtxVariable> Variables { get; } = [];

    /// <summary>Reads a text.</summary>
    /// <exception cref="InvalidDataException">Something is not understood; the message names file and line.</exception>
    public static PtxFile Parse(string name, string text)
    {
        PtxFile file = new(name) { Text = text };
        Queue<PtxStatement> rest = new(Statements(name, text));
        while (rest.TryDequeue(out PtxStatement statement))
        {
            if (Header().Match(statement.Text) is { Success: true } header)
            {
                file.Kernels.Add(Kernel(header, statement.Place, rest));
            }
            else
            {
                file.Variables.Add(Variable(statement));
            }
        }

        return file;
    }

    /// <summary>Reads <c>.space .align n .type name[count] = value</c>.</summary>
    public static PtxVariable Variable(PtxStatement statement)
    {
        Match m = Declaration().Match(statement.Text);
        if (!m.Success)
        {
            throw statement.Place.Error($"'{statement.Text}' is not understood");
        }

        return new PtxVariable(
            m.Groups["space"].Value,
            m.Groups["name"].Value,
            m.Groups["type"].Value,
            m.Groups["align"].Success ? Number(m.Groups["align"]) : 1,
            m.Groups["count"].Success ? Number(m.Groups["count"]) : 1,
            m.Groups["value"].Success ? m.Groups["value"].Value : null,
            statement.Place);
    }

    private static PtxKernel Kernel(Match header, PtxPlace place, Queue<PtxStatement> rest)
    {
        string list = header.Groups["parameters"].Value;
        PtxVariable[] parameters = [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => Variable(new PtxStatement(p, place)))];
        Match most = Threads().Match(header.Groups["rest"].Value);
        List<PtxStatement> body = [];
        for (int depth = 1; ;)
        {
            if (!rest.TryDequeue(out PtxStatement statement))
            {
                throw place.Error("a kernel without an end");
            }

            depth += statement.Text == "{" ? 1 : statement.Text == "}" ? -1 : 0;
            if (depth == 0)
            {
                break;
            }

            body.Add(statement);
        }

        return new PtxKernel(header.Groups["name"].Value, parameters, most.Success ? most.Groups[1].Value.Split(',').Aggregate(1, (n, s) => n * int.Parse(s, null)) : 1024, [.. body], place);
    }

    // Cuts at semicolons, labels and braces; braces inside a statement are operands or values.
    private static IEnumerable<PtxStatement> Statements(string name, string text)
    {
        StringBuilder pending = new();
        int line = 1, begin = 1;
        string plain = Comment().Replace(text, m => new string('\n', m.Value.Count(c => c == '\n')));
        for (int i = 0; i < plain.Length; i++)
        {
            char c = plain[i];
            line += c == '\n' ? 1 : 0;
            if (pending.Length == 0)
            {
                if (char.IsWhiteSpace(c))
                {
                    continue;
                }

                begin = line;
                int end = plain.IndexOf('\n', i);
                string whole = plain[i..(end < 0 ? plain.Length : end)];
                if (Ignored().IsMatch(whole))
                {
                    i += whole.Length - 1;
                    continue;
                }

                if (Label().Match(whole) is { Success: true } label)
                {
                    yield return new PtxStatement(label.Value, new PtxPlace(name, line));
                    i += label.Length - 1;
                    continue;
                }

                if (c is '{' or '}')
                {
                    yield return new PtxStatement(c.ToString(), new PtxPlace(name, line));
                    continue;
                }
            }

            bool opens = c == '{' && Header().IsMatch(pending.ToString());
            if (c == ';' || opens)
            {
                yield return new PtxStatement(Spaces().Replace(pending.ToString().Trim(), " "), new PtxPlace(name, begin));
                pending.Clear();
                continue;
            }

            pending.Append(c);
        }

        if (pending.Length > 0)
        {
            throw new PtxPlace(name, begin).Error("a statement without an end");
        }
    }

    private static int Number(Group group) => int.Parse(group.Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\.(version|target|address_size|file|loc|pragma)\b")]
    private static partial Regex Ignored();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^[$%\w]+:(?!:)")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s*(\.(visible|weak)\s+)?\.entry\s+(?<name>[$\w]+)\s*(\((?<parameters>[^)]*)\))?(?<rest>.*)$", RegexOptions.Singleline)]
    private static partial Regex Header();

    [GeneratedRegex(@"\.(?:maxntid|reqntid)\s+(\d+(?:\s*,\s*\d+)*)")]
    private static partial Regex Threads();

    [GeneratedRegex(@"^(\.visible\s+)?\.(?<space>param|shared|local|global|const)\s+(\.align\s+(?<align>\d+)\s+)?\.(?<type>[a-z]\d+)\s+(?<name>[$\w]+)(\[(?<count>\d+)\])?(\s*=\s*(?<value>.+))?$", RegexOptions.Singleline)]
    private static partial Regex Declaration();
}
