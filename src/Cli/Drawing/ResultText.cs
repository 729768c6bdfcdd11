using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Verdicts;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Cli.Drawing;

/// <summary>What is said about results.</summary>
internal static class ResultText
{
    private const int MostPicturesTold = 20;

    /// <summary>One line per picture: what it excites, how much, and for classes how sure the network is.</summary>
    public static void Scores(Invocation invocation, ChosenNetwork chosen, RenderResult result, IReadOnlyList<PictureVerdict>? verdicts = null, int? samples = null)
    {
        foreach (RenderedImage image in result.Images.Take(MostPicturesTold))
        {
            invocation.Say($"Picture {image.Index + 1}, seed {image.Seed}: {string.Join("; ", Scores(image))}; best step {image.BestStep + 1} of {image.Steps}");
            if (verdicts?.FirstOrDefault(v => v.Index == image.Index) is { } verdict)
            {
                Tell(verdict, [.. image.Scores.IsEmpty ? [] : result.Plan.Objective.Units(image.Index, chosen.Network, chosen.NameOf)]);
            }
        }

        if (result.Images.Length > MostPicturesTold)
        {
            invocation.Say($"... and {result.Images.Length - MostPicturesTold} more; all of them are in the run record.");
        }

        void Tell(PictureVerdict verdict, string[] units)
        {
            string[] told = [.. verdict.Units.Select((v, i) => v is null ? "" : (units.Length > 1 ? $"{units[i]}: " : "") + VerdictText.Of(v.Words, v.Percentile, samples)).Where(t => t.Length > 0)];
            if (told.Length > 0)
            {
                invocation.Say($"  Verdict: {string.Join("; ", told)}");
            }

            if (!verdict.Trust.IsEmpty)
            {
                invocation.Say($"  Trust: {VerdictText.Of(verdict.Trust)} (1 as real pictures of its class, 0 as those of others)");
            }
        }

        IEnumerable<string> Scores(RenderedImage image) => image.Scores.IsEmpty
            ? [Whole(image)]
            : image.Scores.Zip(result.Plan.Objective.Units(image.Index, chosen.Network, chosen.NameOf), Score);

        // What is compared with a guide is not compared again on the finished picture.
        string Whole(RenderedImage image) => result.Plan.Objective is GuidedObjective
            ? string.Create(CultureInfo.InvariantCulture, $"{result.Plan.Objective.Describe(image.Index)}: {-image.Losses[image.BestStep][0]:G5} in that step")
            : string.Create(CultureInfo.InvariantCulture, $"{result.Plan.Objective.Describe(image.Index)}: activation {image.FinalActivation:G5}");

        static string Score(ChannelScore s, string unit)
        {
            string sure = s is { Probability: double p, Rank: int rank } ? string.Create(CultureInfo.InvariantCulture, $", probability {p * 100:F1} %, rank {rank}") : "";
            return string.Create(CultureInfo.InvariantCulture, $"{unit}: activation {s.Activation:G5}{sure}");
        }
    }

    /// <summary>What was kept of a cancelled run and how to go on.</summary>
    public static string Cancelled(RenderResult result, IReadOnlyList<string> files, string? resume)
    {
        int steps = result.Images[^1].Steps;
        int missing = result.Plan.Count - result.Images.Length;
        string kept = result.Images.Length == 1 ? "the best picture so far is" : "the best pictures so far are";
        string without = missing > 0 ? $" ({missing} of {result.Plan.Count} pictures had not been begun)" : "";
        string goOn = resume is null
            ? "To have it whole, run the same command again: with the same --seed it takes the same way."
            : $"To go on from it: the same command with --seed-image {resume}; to have it whole, the same command again.";
        return $"Cancelled after {steps} of {result.Plan.Iterations} iterations{without}; {kept} in {string.Join(" and ", files)}.\n{goOn}";
    }
}
