using System.Globalization;
using System.Text.Json;

namespace VggCuda.GpuCheck;

/// <summary>What one check finds, told as it is found: a line of JSON on standard output for each note, row and failure, which the runner writes into its file at once.</summary>
internal sealed class CheckResult
{
    private readonly TextWriter _output = Console.Out;

    /// <summary>Whether nothing has failed so far.</summary>
    public bool Passed { get; private set; } = true;

    /// <summary>A remark.</summary>
    public void Note(string text) => Tell("note", text);

    /// <summary>The table's headings, before the first row.</summary>
    public void Columns(params string[] names) => Tell("columns", names);

    /// <summary>A row of the table.</summary>
    public void Row(params object[] cells) => Tell("row", [.. cells.Select(Text)]);

    /// <summary>What is not as it should be.</summary>
    public void Fail(string why)
    {
        Passed = false;
        Tell("failure", why);
    }

    /// <summary>Fails where the condition does not hold.</summary>
    public void Require(bool condition, string what)
    {
        if (!condition)
        {
            Fail(what);
        }
    }

    private static string Text(object cell) => cell switch
    {
        double d => d.ToString(d != 0 && Math.Abs(d) < 0.01 ? "0.0e-0" : "0.###", CultureInfo.InvariantCulture),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    };

    private void Tell(string kind, string text) => Tell(writer => writer.WriteString(kind, text));

    private void Tell(string kind, string[] cells) => Tell(writer =>
    {
        writer.WriteStartArray(kind);
        Array.ForEach(cells, writer.WriteStringValue);
        writer.WriteEndArray();
    });

    private void Tell(Action<Utf8JsonWriter> write)
    {
        _output.WriteLine(JsonLine.Of(write));
        _output.Flush();
    }
}
