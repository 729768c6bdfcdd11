using System.Globalization;
using System.Text;
using VggCuda.Cli.Examples;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Files;
using VggCuda.Imaging;

namespace VggCuda.Cli.Reports;

/// <summary>Writes a report's folder: pictures and pages unit by unit, thumbnails sheet by sheet, the index last.</summary>
/// <param name="invocation">The command line.</param>
/// <param name="folder">The report's folder.</param>
/// <param name="sources">One or two.</param>
/// <param name="examples">Patches of pictures, or null.</param>
internal sealed class ReportWriter(Invocation invocation, string folder, IReadOnlyList<ReportSource> sources, ReportExamples? examples)
{
    private const int MostFaultsTold = 10;
    private readonly IReadOnlyList<ReportSection> _sections = ReportSection.Of(sources);
    private int _faults;

    /// <summary>Where copies of a source's pictures lie in the report's folder.</summary>
    /// <param name="source">0 or 1.</param>
    public static string PicturesOf(int source) => source == 0 ? "pictures" : "pictures-2";

    /// <summary>Writes it.</summary>
    /// <returns>How many units it has.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public int Write()
    {
        MakeFolders();
        IndexPage index = new(sources, _sections);
        ThumbnailSheets[] thumbnails = [.. sources.Select((_, i) => new ThumbnailSheets(i == 0 ? "s" : "z", (name, bytes) => Put([(name, bytes)])))];
        (ReportSection Section, ReportRow Row)[] units = [.. _sections.SelectMany(s => s.Rows.Select(r => (s, r)))];
        CountProgress progress = new(invocation, "report", "pages", units.Length);
        for (int i = 0; i < units.Length; i++)
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            (ReportSection section, ReportRow row) = units[i];
            List<(string Name, byte[] Bytes)> files = [];
            ShownPicture[] shown = [.. row.Sides.Select((side, s) => Show(side, $"{PicturesOf(s)}/{GroupOf(s, section)}/{side?.Name}.png", thumbnails[s], files))];
            (ExampleLayer, ExampleUnit, string, ExamplesFile)? patches = null;
            if (examples?.Of(section.Layer, row.Main.Channel) is { } found)
            {
                string sheet = ExamplesFile.SheetOf(found.Layer, found.Unit);
                files.Add((sheet, found.Sheet));
                patches = (found.Layer, found.Unit, sheet, examples.File);
            }

            files.Add((PageOf(units[i]), UnitPage.Of(sources, section, row, shown, i > 0 ? PageOf(units[i - 1]) : null, i + 1 < units.Length ? PageOf(units[i + 1]) : null, patches)));
            Put(files);
            index.Add(section, row, shown);
            progress.Add(1);
        }

        if (_faults > MostFaultsTold)
        {
            invocation.Note($"... and {_faults - MostFaultsTold} more pictures that cannot be shown.");
        }

        string rules = string.Concat(thumbnails.Select(t => t.End())) + ThumbnailSheets.Places();
        Put([("thumbs.css", Encoding.UTF8.GetBytes(rules)), ("report.css", Resource("report.css")), ("report.js", Resource("report.js")), ("icon.png", Icon())]);
        Put([("index.html", index.ToUtf8(Remarks()))]);
        return units.Length;
    }

    private List<string> Remarks()
    {
        List<string> remarks = [];
        if (sources.Count == 2 && sources[0].Weights is { } left && sources[1].Weights is { } right && left != right)
        {
            remarks.Add("The two are of different weights.");
        }

        if (examples is not null)
        {
            remarks.Add(string.Create(CultureInfo.InvariantCulture, $"Pages of units show what excites them most among {examples.File.Pictures} pictures in {examples.File.Folder}{(sources.Any(s => s.Weights is { } sha && sha != examples.File.Sha256) ? ", found with other weights than the pictures were drawn with" : "")}."));
        }

        return remarks;
    }

    private ShownPicture Show(ReportEntry? entry, string path, ThumbnailSheets thumbnails, List<(string, byte[])> files)
    {
        if (entry?.Picture is not { } from)
        {
            return new ShownPicture(null, 0, 0, "", entry?.Fault ?? "not part of it");
        }

        try
        {
            byte[] bytes = FileContent.Read(from, PictureFile.MaxFileBytes);
            Picture picture = PictureFile.Decode(bytes, from);

            // A page shows PNG; of anything else (a photo that was explained) the pixels.
            files.Add((path, FileContent.Describe(bytes) == "a PNG picture" ? bytes : PictureFile.EncodePng(picture)));
            return new ShownPicture(path, picture.Width, picture.Height, thumbnails.Add(picture), null);
        }
        catch (PictureException error)
        {
            if (++_faults <= MostFaultsTold)
            {
                invocation.Note($"Left out: {error.Message}");
            }

            return new ShownPicture(null, 0, 0, "", error.Cause);
        }
    }

    private void MakeFolders()
    {
        IEnumerable<string> folders = _sections.SelectMany(s => Enumerable.Range(0, sources.Count).Select(i => $"{PicturesOf(i)}/{GroupOf(i, s)}").Append($"units/{s.Name}")).Append("thumbs");
        if (examples is not null)
        {
            folders = folders.Concat(examples.File.Layers.Where(l => l is not null && Sweeps.Format.SweepFolder.IsFileName(l.Name)).Select(l => $"patches/{l.Name}"));
        }

        foreach (string name in folders.Distinct())
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(path);
            StagedFiles.Sweep(path);
        }
    }

    // Commands on the pages name the pictures by the source's own groups.
    private static string GroupOf(int source, ReportSection section) =>
        section.Groups[source]?.Name ?? section.Name;

    private void Put(IReadOnlyList<(string Name, byte[] Bytes)> files)
    {
        using StagedFiles staged = new() { SweepsParts = false };
        foreach ((string name, byte[] bytes) in files)
        {
            staged.Stage(Path.Combine(folder, name), bytes);
        }

        staged.Commit();
    }

    private static string PageOf((ReportSection Section, ReportRow Row) unit) => $"units/{unit.Section.Name}/{unit.Row.Name}.html";

    // Four fields of colour, so that browsers need not ask for one.
    private static byte[] Icon()
    {
        Picture picture = Picture.Black(16, 16);
        for (int i = 0; i < 256; i++)
        {
            ReadOnlySpan<byte> colour = (i / 128, i % 16 / 8) switch { (0, 0) => [200, 60, 60], (0, _) => [60, 120, 200], (_, 0) => [230, 180, 60], _ => [70, 160, 110] };
            colour.CopyTo(picture.Rgb.AsSpan(i * 3));
        }

        return PictureFile.EncodePng(picture);
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(ReportWriter).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The build left out the resource {name}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
