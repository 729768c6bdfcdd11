using System.CommandLine;
using System.Globalization;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Commands;

/// <summary><c>verify</c>: draws again what a picture says of itself, and compares the pixels.</summary>
internal static class VerifyCommand
{
    /// <summary>The largest mean difference, in levels of 255, of a picture by other kernels or another version. docs/sweeps.md says how it was found.</summary>
    public const double MostMeanDifference = 20;

    private const int MostScale = 64;

    public static Command Create(CommandHost host)
    {
        Argument<string> picture = new("PICTURE.png") { Description = "A picture that this program drew." };
        ActivateOptions options = new();
        Command command = new("verify", "Draw a picture again by its own plan and compare the pixels.") { picture, options.SeedImage };
        host.Run(command, invocation => Run(invocation, options, invocation.Value(picture)!));
        return command;
    }

    private static int Run(Invocation invocation, ActivateOptions options, string path)
    {
        byte[] bytes = FileContent.Read(path, PictureFile.MaxFileBytes);
        IReadOnlyDictionary<string, string> texts = PngText.Decode(bytes, path);
        RenderPlan own = PlanFile.Read(path, "");
        Picture stored = PictureFile.Decode(bytes, path);
        if (texts.TryGetValue(PictureTexts.Steps, out string? steps))
        {
            throw CommandException.File($"'{path}' is of a run that was cancelled after {steps} of {own.Iterations} steps, so its plan gives another picture.");
        }

        using ChosenNetwork chosen = NetworkChoice.OpenFor(invocation, texts.GetValueOrDefault(PictureTexts.Weights));
        DrawnWith.CheckWeights(path, texts, chosen, invocation.Cancellation);
        RenderPlan plan = PlanFactory.Again(invocation, options, chosen, own);
        bool isBare = texts.GetValueOrDefault(PictureTexts.Label) == "none";
        int scale = ScaleOf(plan, stored, isBare)
            ?? throw CommandException.Incomplete($"'{path}' is not what its plan gives: it has {stored.Width} x {stored.Height} pixels, which {(plan.Count == 1 ? "a picture" : $"{plan.Count} pictures")} of {plan.Width} x {plan.Height} do not make.");

        using IBackend backend = DeviceChoice.Open(invocation, plan.Precision);
        using Outputs files = new(invocation);
        RenderResult result = new Drawer(invocation, backend, chosen, files).Draw(plan, $"verify {Path.GetFileName(path)}", null, new DrawingFiles(path), scale);
        if (result.Cancelled)
        {
            throw new OperationCanceledException(invocation.Cancellation);
        }

        Picture drawn = isBare
            ? new Picture(plan.Width, plan.Height, result.Images[0].Display)
            : new LabelledGrid(plan, chosen, scale).Stitch(result.Images, [.. result.Images.Select(i => i.Display)]);
        return Judge(invocation, path, texts, KernelName.Of(backend.Description), stored, drawn);
    }

    private static int Judge(Invocation invocation, string path, IReadOnlyDictionary<string, string> texts, string kernels, Picture stored, Picture drawn)
    {
        long sum = 0;
        long different = 0;
        for (int i = 0; i < stored.Rgb.Length; i += 3)
        {
            int difference = Math.Abs(stored.Rgb[i] - drawn.Rgb[i]) + Math.Abs(stored.Rgb[i + 1] - drawn.Rgb[i + 1]) + Math.Abs(stored.Rgb[i + 2] - drawn.Rgb[i + 2]);
            sum += difference;
            different += difference > 0 ? 1 : 0;
        }

        if (different == 0)
        {
            invocation.Say($"{path}: the same, pixel for pixel ({kernels}).");
            return ExitCode.Done;
        }

        double mean = (double)sum / stored.Rgb.Length;
        string numbers = string.Create(CultureInfo.InvariantCulture, $"{different} of {stored.Rgb.Length / 3} pixels differ, by {mean:F2} of 255 levels on average");
        string drawnBy = texts.GetValueOrDefault(PictureTexts.Kernels) ?? "kernels that it does not name";
        string version = texts.GetValueOrDefault(PictureTexts.Version) ?? "a version that it does not name";

        // On a GPU the last bits may depend on how many pictures were drawn at once, and on which of cuDNN's engines was taken.
        bool isEqualDue = drawnBy == kernels && version == Software.Version && (kernels == "reference" || kernels.StartsWith("cpu ", StringComparison.Ordinal));
        if (isEqualDue || mean > MostMeanDifference)
        {
            throw CommandException.Incomplete(isEqualDue
                ? $"'{path}' is not what its plan gives: {numbers}; with the same kernels ({kernels}) none may."
                : string.Create(CultureInfo.InvariantCulture, $"'{path}' is not what its plan gives: {numbers}, and at most {MostMeanDifference} are allowed between kernels that round otherwise ({drawnBy}; here {kernels}).\nPictures near noise, as keras-vis draws them, can come out further away; with the kernels that drew it none may differ."));
        }

        invocation.Say(string.Create(CultureInfo.InvariantCulture, $"{path}: as near as kernels that round otherwise come: {numbers} (at most {MostMeanDifference}); drawn by {drawnBy}, version {version}; here {kernels}, {Software.Version}."));
        return ExitCode.Done;
    }

    // The factor that pictures were enlarged by for the sheet, which has 5 columns and margins of 5 pixels.
    private static int? ScaleOf(RenderPlan plan, Picture stored, bool isBare)
    {
        if (isBare)
        {
            return plan.Count == 1 && stored.Width == plan.Width && stored.Height == plan.Height ? 1 : null;
        }

        for (int scale = 1; scale <= MostScale; scale++)
        {
            if (LabelledGrid.SizeOf(plan, scale) == (stored.Width, stored.Height))
            {
                return scale;
            }
        }

        return null;
    }
}
