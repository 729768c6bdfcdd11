using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VggCuda.Engine.Files;

namespace VggCuda.GpuCheck;

/// <summary>What one check found: passed or not, remarks, and a table.</summary>
internal sealed class CheckResult(string name)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public string Name { get; } = name;

    public bool Passed { get; private set; } = true;

    public List<string> Notes { get; } = [];

    public List<string> Columns { get; } = [];

    public List<string[]> Rows { get; } = [];

    public double Seconds => _watch.Elapsed.TotalSeconds;

    public void Fail(string why)
    {
        Passed = false;
        Notes.Add("FAILED: " + why);
    }

    public void Require(bool condition, string what)
    {
        if (!condition)
        {
            Fail(what);
        }
    }

    public void Row(params object[] cells) => Rows.Add([.. cells.Select(c => c switch
    {
        double d => d.ToString(d != 0 && Math.Abs(d) < 0.01 ? "0.0e-0" : "0.###", CultureInfo.InvariantCulture),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => c.ToString() ?? "",
    })]);

    public void Save(string folder)
    {
        StagedFiles.Write(Path.Combine(folder, Name + ".json"), stream =>
        {
            using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
            writer.WriteStartObject();
            writer.WriteString("name", Name);
            writer.WriteBoolean("passed", Passed);
            writer.WriteNumber("seconds", Math.Round(Seconds, 2));
            WriteList(writer, "notes", Notes);
            WriteList(writer, "columns", Columns);
            writer.WriteStartArray("rows");
            foreach (string[] row in Rows)
            {
                writer.WriteStartArray();
                foreach (string cell in row)
                {
                    writer.WriteStringValue(cell);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void WriteList(Utf8JsonWriter writer, string name, List<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
