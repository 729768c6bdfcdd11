using System.Text.Json;
using VggCuda.Cli.Drawing;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;
using VggCuda.Imaging;

namespace VggCuda.Cli.Sweeps;

/// <summary>Puts a unit's picture and its record in their places, the record last: a unit with a record is done.</summary>
/// <param name="folder">The sweep.</param>
/// <param name="kernels">What draws here.</param>
/// <param name="weights">What the weights are called and their SHA-256.</param>
internal sealed class UnitWriter(SweepFolder folder, string kernels, (string Name, string Sha256) weights)
{
    private const int MostCurvePoints = 201;
    private readonly SweepEngine? _engine = folder.Engine;

    /// <summary>Writes one unit.</summary>
    /// <param name="part">Its part.</param>
    /// <param name="place">Its place there.</param>
    /// <param name="image">What was drawn.</param>
    /// <param name="batch">Pictures drawn at once.</param>
    /// <param name="verdict">What is to be said of it, or null.</param>
    /// <exception cref="IOException">It cannot be written; nothing is left of it.</exception>
    public void Write(SweepPart part, int place, RenderedImage image, int batch, Verdict? verdict = null)
    {
        SweepUnit unit = part.Units[place];
        RenderPlan plan = folder.PlanOf(part).Slice(place, 1);
        string key = UnitKey.Of(plan, weights.Sha256);
        Dictionary<string, string> texts = PictureTexts.Of(plan, weights.Name, weights.Sha256, kernels);
        texts[PictureTexts.Label] = "none";
        texts["vggcuda:key"] = key;
        byte[] png = PictureFile.EncodePng(new Picture(plan.Width, plan.Height, image.Display), texts);
        ChannelScore? score = image.Scores.Length == 1 ? image.Scores[0] : null;
        UnitRecord record = new()
        {
            Key = key,
            Part = part.Name,
            Unit = unit.Name,
            Channel = unit.Channel,
            ClassName = unit.ClassName,
            Seed = unit.Seed,
            Picture = SweepFolder.PictureName(part, unit),
            Bytes = png.Length,
            Sha256 = ContentHash.Sha256Of(png),
            Pixels = ContentHash.Sha256Of(image.Display),
            Width = plan.Width,
            Height = plan.Height,
            Steps = image.Steps,
            BestStep = image.BestStep,
            BestTotal = image.BestTotal,
            Activation = image.FinalActivation,
            Probability = score?.Probability,
            Rank = score?.Rank,
            Verdict = verdict?.Words,
            Percentile = verdict?.Percentile,
            Curve = CurveOf(image.Losses),
            Engine = Software.Version,
            Kernels = kernels,
            Weights = weights.Sha256,
            Mixed = weights.Sha256 != folder.Manifest.Weights.Sha256 || (_engine is not null && (_engine.Engine != Software.Version || _engine.Kernels != kernels)),
            Batch = batch,
            Host = ThisProcess.Host,
            Finished = DateTimeOffset.UtcNow,
        };

        // What killed runs left is removed when a run begins; looking for it with every picture would take longer the more there are.
        using StagedFiles files = new() { SweepsParts = false };
        files.Stage(folder.PicturePath(part, unit), png);
        files.Stage(folder.RecordPath(part, unit), JsonSerializer.SerializeToUtf8Bytes(record, SweepJson.Default.UnitRecord));
        files.Commit();
        File.Delete(folder.FailurePath(part, unit));
    }

    // The first and the last step, and evenly between them.
    private static LossCurve CurveOf(double[][] losses)
    {
        int points = Math.Min(MostCurvePoints, losses.Length);
        int[] steps = [.. Enumerable.Range(0, points).Select(i => points == 1 ? 0 : (int)((long)i * (losses.Length - 1) / (points - 1)))];
        return new LossCurve(steps, [.. steps.Select(s => double.IsFinite(losses[s][^1]) ? (double?)losses[s][^1] : null)]);
    }
}
