using VggCuda.Cli.Examples;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Imaging;

namespace VggCuda.Cli.Reports;

/// <summary>Patches of pictures that excite the units most, beside the drawn ones.</summary>
internal sealed class ReportExamples
{
    private readonly string _folder;
    private readonly Dictionary<(string Layer, int Channel), (ExampleLayer Layer, ExampleUnit Unit)> _units = [];

    private ReportExamples(string folder, ExamplesFile file)
    {
        _folder = folder;
        File = file;
        foreach (ExampleLayer layer in file.Layers.Where(l => l?.Units is not null && SweepFolder.IsFileName(l.Name) && l.Cell is > 0 and < 4096))
        {
            foreach (ExampleUnit unit in layer.Units.Where(u => u is { Channel: >= 0, Top.Count: > 0 }))
            {
                _units[(layer.Layer, unit.Channel)] = (layer, unit);
            }
        }
    }

    public ExamplesFile File { get; }

    /// <summary>Reads what <c>examples</c> wrote.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public static ReportExamples Read(string folder) => new(folder, ExamplesFile.Read(folder));

    /// <summary>A unit's examples and the content of their sheet, or null where there are none or the sheet cannot be read.</summary>
    public (ExampleLayer Layer, ExampleUnit Unit, byte[] Sheet)? Of(string? layer, int? channel)
    {
        if (layer is null || channel is not int number || !_units.TryGetValue((layer, number), out (ExampleLayer Layer, ExampleUnit Unit) found))
        {
            return null;
        }

        string path = Path.Combine(_folder, ExamplesFile.SheetOf(found.Layer, found.Unit).Replace('/', Path.DirectorySeparatorChar));
        try
        {
            byte[] sheet = FileContent.Read(path, PictureFile.MaxFileBytes);
            PictureFile.Decode(sheet, path);
            return (found.Layer, found.Unit, sheet);
        }
        catch (PictureException)
        {
            return null;
        }
    }
}
