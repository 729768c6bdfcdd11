using System.Text;
using System.Text.Json;
using VggCuda.Engine.Files;

namespace VggCuda.GpuCheck;

/// <summary>results.jsonl: a line for everything that a run's checks say, on the disk before the next is read. Only the runner writes it.</summary>
/// <remarks>Each line names its check; the first of a check has "begin", the last "end" with the outcome. A killed run leaves a check without an end, and perhaps half a line, which readers skip.</remarks>
internal sealed class ResultFile : IDisposable
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string Name = "results.jsonl";

    // Below what a run may bring back in one file.
    private const long MostBytes = 14L << 20;

    private readonly FileStream _stream;
    private readonly Lock _gate = new();
    private bool _full;

    /// <summary>Opens the file of a folder, with the lines of the checks that an earlier run finished.</summary>
    public ResultFile(string folder, IEnumerable<string> finished)
    {
        string path = Path.Combine(folder, Name);
        StagedFiles.Write(path, Encoding.UTF8.GetBytes(string.Concat(finished.Select(l => l + "\n"))));
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
    }

    /// <summary>The lines of a folder's file that belong to checks with an end; none where there is no file.</summary>
    public static List<(string Check, string Line)> Finished(string folder)
    {
        List<(string Check, JsonElement Element, string Line)> lines = [.. Read(folder)];
        HashSet<string> ended = [.. lines.Where(l => l.Element.TryGetProperty("end", out _)).Select(l => l.Check)];
        return [.. lines.Where(l => ended.Contains(l.Check)).Select(l => (l.Check, l.Line))];
    }

    /// <summary>All whole lines of a folder's file.</summary>
    public static IEnumerable<(string Check, JsonElement Element, string Line)> Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            yield break;
        }

        using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is string line)
        {
            if (JsonLine.Read(line) is { } element && element.TryGetProperty("check", out JsonElement check))
            {
                yield return (check.GetString() ?? "", element, line);
            }
        }
    }

    /// <summary>Adds a line.</summary>
    public void Write(string check, Action<Utf8JsonWriter> write)
    {
        string line = JsonLine.Of(writer =>
        {
            writer.WriteString("check", check);
            write(writer);
        });
        lock (_gate)
        {
            _stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            _stream.Flush(flushToDisk: true);
        }
    }

    /// <summary>Adds what a check said, where it is a line of ours.</summary>
    /// <returns>False where it is not.</returns>
    public bool WriteSaid(string check, string line)
    {
        if (JsonLine.Read(line) is not { } said || !said.EnumerateObject().Any() || said.EnumerateObject().First().Name is not ("note" or "columns" or "row" or "failure"))
        {
            return false;
        }

        if (!_full)
        {
            _full = _stream.Length > MostBytes;
            JsonProperty one = said.EnumerateObject().First();
            Write(check, writer =>
            {
                writer.WritePropertyName(_full ? "note" : one.Name);
                if (_full)
                {
                    writer.WriteStringValue("the file is full; what follows is left out");
                }
                else
                {
                    one.Value.WriteTo(writer);
                }
            });
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
