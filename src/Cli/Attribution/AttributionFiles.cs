using System.Collections.Immutable;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Engine.Display;
using VggCuda.Imaging;

namespace VggCuda.Cli.Attribution;

/// <summary>Where the maps of a run go.</summary>
internal sealed class AttributionFiles
{
    private const string DefaultFolder = "out";

    private AttributionFiles()
    {
    }

    /// <summary>The sheet of all, or null.</summary>
    public string? Sheet { get; private init; }

    /// <summary>What is written, for the user.</summary>
    public string[] Written => [.. ((string?[])[Sheet, .. Each, Overlay, Raw]).OfType<string>().Select(Outputs.NameOf)];

    /// <summary>A sheet for each picture, or none.</summary>
    private ImmutableArray<string> Each { get; init; } = [];

    private string? Overlay { get; init; }

    private string? Raw { get; init; }

    /// <summary>Decides the names and checks that all can be written.</summary>
    /// <exception cref="CommandException">One cannot, or options contradict each other.</exception>
    public static AttributionFiles Plan(Invocation invocation, AttributeOptions options, Outputs outputs, ChosenNetwork chosen, ImmutableArray<string> pictures, int maps)
    {
        foreach (string picture in pictures)
        {
            outputs.Protect("IMAGE", picture);
        }

        outputs.Protect("--weights", chosen.Path);
        string? each = invocation.Value(options.Each);
        string? overlay = Checked("--overlay", invocation.Value(options.Overlay), ".png");
        string? raw = Checked("--raw", invocation.Value(options.Raw), ".npy");
        string? sheet = Checked("--out", invocation.Value(options.Out), ".png");
        if (overlay is not null && (pictures.Length > 1 || maps > 1))
        {
            throw CommandException.Usage($"--overlay is one picture, for one class, by one method; {pictures.Length} pictures with {maps} maps each were asked for. --out and --each take them all.");
        }

        if (sheet is null && each is null && overlay is null && raw is null && !invocation.Value(options.Json))
        {
            outputs.PlanFolder("the default folder", DefaultFolder);
            sheet = Path.Combine(DefaultFolder, "attribution.png");
        }

        ImmutableArray<string> sheets = [];
        if (each is not null)
        {
            outputs.PlanFolder("--each", each);
            sheets = [.. pictures.Select(p => Path.Combine(each, Path.GetFileNameWithoutExtension(p) + ".png"))];
        }

        foreach ((string option, string? path) in ((string, string?)[])[("--out", sheet), ("--overlay", overlay), ("--raw", raw), .. sheets.Select(s => ("--each", (string?)s))])
        {
            if (path is not null)
            {
                outputs.Plan(option, path);
            }
        }

        return new AttributionFiles { Sheet = sheet, Each = sheets, Overlay = overlay, Raw = raw };

        static string? Checked(string option, string? path, string extension) =>
            path is null || path.EndsWith(extension, StringComparison.OrdinalIgnoreCase) || !Outputs.IsFile(path)
                ? path
                : throw CommandException.Usage($"{option} writes a {extension} file; '{path}' is named otherwise.");
    }

    /// <summary>Draws and stages every file.</summary>
    /// <param name="outputs">Takes them.</param>
    /// <param name="sheet">Draws.</param>
    /// <param name="style">Colours.</param>
    /// <param name="rows">By picture, then by class.</param>
    /// <param name="classes">Rows of each picture.</param>
    /// <param name="shown">The pictures, as the sheet shows them.</param>
    /// <param name="text">Metadata.</param>
    /// <param name="side">Rows and columns of the maps.</param>
    public void Stage(Outputs outputs, AttributionSheet sheet, HeatStyle style, List<ExplainedPicture> rows, int classes, Picture[] shown, Dictionary<string, string> text, int side)
    {
        if (Sheet is not null)
        {
            outputs.Stage(Sheet, PictureFile.EncodePng(sheet.Draw(rows, i => shown[i / classes]), text));
        }

        for (int i = 0; i < Each.Length; i++)
        {
            Picture picture = shown[i];
            outputs.Stage(Each[i], PictureFile.EncodePng(sheet.Draw(rows.GetRange(i * classes, classes), _ => picture), text));
        }

        if (Overlay is not null)
        {
            Picture picture = PictureFile.Read(rows[0].File);
            Answer answer = rows[0].Answers[0];
            HeatOverlay overlay = style.Of(answer.Method, answer.Map.Span);
            outputs.Stage(Overlay, PictureFile.EncodePng(new Picture(picture.Width, picture.Height, sheet.Over(picture, overlay, answer.Map.Span)), text));
        }

        if (Raw is not null)
        {
            int maps = rows.Sum(r => r.Answers.Length);
            float[] values = new float[checked(maps * side * side)];
            int at = 0;
            foreach (Answer answer in rows.SelectMany(r => r.Answers))
            {
                answer.Map.Span.CopyTo(values.AsSpan(at));
                at += side * side;
            }

            outputs.Stage(Raw, Npy.Encode([maps, side, side], values));
        }
    }
}
