using VggCuda.Hdf5Loader.Files;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Cli.Weights;

/// <summary><see cref="FileInformation"/> as lines for people.</summary>
internal static class InformationText
{
    // A name that a file makes up is no reason to push all columns off the screen.
    private const int WidestCell = 80;

    public static IEnumerable<string> Lines(FileInformation file)
    {
        yield return Row("File", file.Path);
        yield return Row("Size", FormattableString.Invariant($"{file.Size} bytes{(file.Size >= 1 << 20 ? $" ({DiskSpace.Bytes(file.Size)})" : "")}"));
        if (file.PublishedBySize is string published)
        {
            yield return Row("Published", $"{published}, by its size; 'vggcuda weights verify' compares the checksum");
        }

        yield return Row("Written by", file.Writer);
        string start = file.DataStart > 0 ? $", beginning at byte {file.DataStart}" : "";
        yield return Row("HDF5", $"superblock version {file.SuperblockVersion}{start}");
        yield return Row("Network", file.Network ?? $"no known network: {file.Problem}");
        if (file.NestedIn is string layer)
        {
            string ignored = file.IgnoredLayers.Count > 0 ? $"; not read: {string.Join(", ", file.IgnoredLayers)}" : "";
            yield return Row("Nested in", $"layer '{layer}'{ignored}");
        }

        if (file.HeadRefusal is string refusal)
        {
            yield return Row("Dense", $"not taken: {refusal}");
        }

        if (file.Assumption is string assumption)
        {
            yield return Row("Assumed", assumption);
        }

        if (file.Networks.Count > 1)
        {
            foreach (ContainedNetwork network in file.Networks)
            {
                yield return Row("Holds", $"'{network.Name}': {network.Network ?? $"no known network: {network.Problem}"}");
            }

            yield return Row("", "one of them is chosen with --network-name");
        }

        yield return Row("Values", FormattableString.Invariant(
            $"{file.Parameters:N0}, {Join(file.DataTypes)}, {Join(file.Storage)}, {(file.Filters.Count > 0 ? Join(file.Filters) : "not compressed")}"));
        if (file.Classes is not null)
        {
            yield return Row("Names", file.ClassNames ?? $"none; put them into {ClassNames.PathBeside(file.Path)}, lines 'index TAB name'");
        }

        yield return Row("Good for", file.Uses.Count > 0 ? string.Join(", ", file.Uses) : "nothing here");
        yield return "";
        if (file.Taken.Any(l => l.Name != l.TakenFor))
        {
            foreach (string line in Aligned([["Layer", "Taken for", "How"], .. file.Taken.Select(l => new[] { l.Name, l.TakenFor, l.Reason })]))
            {
                yield return line;
            }

            yield return "";
        }

        if (file.Ignored.Count > 0)
        {
            foreach (string line in Aligned([["Not read", "Why"], .. file.Ignored.Select(l => new[] { l.Name, l.Reason })]))
            {
                yield return line;
            }

            yield return "";
        }

        foreach (string line in Table(file.Tensors))
        {
            yield return line;
        }
    }

    private static IEnumerable<string> Table(IReadOnlyList<TensorInformation> tensors)
    {
        List<string[]> rows = [["Layer", "Part", "Shape", "Type", "Storage", "Bytes"]];
        foreach (TensorInformation t in tensors)
        {
            string filters = t.Filters.Count > 0 ? $" {string.Join("+", t.Filters)}" : "";
            rows.Add([t.Layer, t.Part ?? "?", $"({string.Join(", ", t.Shape)})", t.DataType, t.Storage + filters, FormattableString.Invariant($"{t.StoredBytes}")]);
        }

        string[][] cells = [.. rows.Select(r => r.Select(c => c.Length <= WidestCell ? c : c[..(WidestCell - 1)] + "…").ToArray())];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(c => cells.Max(r => r[c].Length))];
        return cells.Select(r => string.Join("  ", r.Select((cell, c) => c == r.Length - 1 ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))));
    }

    private static IEnumerable<string> Aligned(List<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length))];
        return rows.Select(r => string.Join("  ", r.Select((cell, c) => c == r.Length - 1 ? cell : cell.PadRight(widths[c]))));
    }

    private static string Row(string name, string value) => $"{(name.Length > 0 ? name + ":" : ""),-12}{value}";

    private static string Join(IReadOnlyList<string> words) => words.Count == 0 ? "none" : string.Join(" and ", words);
}
