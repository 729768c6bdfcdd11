using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary>What is said about plans and results.</summary>
internal static class Telling
{
    private const int MostChannelsInName = 6;
    private const int MostPicturesTold = 20;

    /// <summary>"bird (class 20)", "block3_conv1: filter 20, filter 21".</summary>
    public static string Title(RenderPlan plan, ChosenNetwork chosen)
    {
        int[] channels = [.. plan.Objective.Channels.SelectMany(c => c).Distinct()];
        bool areClasses = chosen.IsClassifier(plan.Objective.Layer);
        string some = string.Join(", ", channels.Take(3).Select(c => areClasses ? chosen.Describe(c) : $"filter {c}"));
        string more = channels.Length > 3 ? $" and {channels.Length - 3} more" : "";
        return areClasses ? some + more : $"{plan.Objective.Layer}: {some}{more}";
    }

    /// <summary>"predictions-20.png", "block3_conv1-20,21.png", "block5_conv3-512-filters.png", "predictions-20+21.png" for a joint one.</summary>
    public static string FileName(RenderPlan plan)
    {
        ImmutableArray<ImmutableArray<int>> units = [.. plan.Objective.Channels.DistinctBy(c => string.Join('+', c))];
        string numbers = units.Sum(u => u.Length) <= MostChannelsInName
            ? string.Join(',', units.Select(u => string.Join('+', u)))
            : $"{units.Sum(u => u.Length)}-filters";
        return $"{plan.Objective.Layer}-{numbers}.png";
    }

    /// <summary>One line per picture: what it excites, how much, and for classes how sure the network is.</summary>
    public static void Scores(Invocation invocation, ChosenNetwork chosen, RenderResult result)
    {
        bool areClasses = chosen.IsClassifier(result.Plan.Objective.Layer);
        foreach (RenderedImage image in result.Images.Take(MostPicturesTold))
        {
            invocation.Say($"Picture {image.Index + 1}, seed {image.Seed}: {string.Join("; ", image.Scores.Select(Score))}; best step {image.BestStep + 1} of {image.Steps}");
        }

        if (result.Images.Length > MostPicturesTold)
        {
            invocation.Say($"... and {result.Images.Length - MostPicturesTold} more; all of them are in the run record.");
        }

        string Score(ChannelScore s)
        {
            string what = areClasses ? chosen.Describe(s.Channel) : $"filter {s.Channel}";
            string sure = s is { Probability: double p, Rank: int rank } ? string.Create(CultureInfo.InvariantCulture, $", probability {p * 100:F1} %, rank {rank}") : "";
            return string.Create(CultureInfo.InvariantCulture, $"{what}: activation {s.Activation:G5}{sure}");
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
