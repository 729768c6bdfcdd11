using System.Globalization;

namespace VggCuda.GpuCheck;

/// <summary>The goals beside what the checks measured, and every job beside PyTorch's best.</summary>
internal static class Goals
{
    /// <summary>The headings of <see cref="Rows"/>.</summary>
    public static readonly string[] Columns = ["what", "measured", "goal", "verdict"];

    /// <summary>The rows, for an H200; a missed goal is no failure.</summary>
    /// <param name="found">Every check's rows by headings, by the check's name.</param>
    public static List<string[]> Rows(IReadOnlyDictionary<string, List<Dictionary<string, string>>> found)
    {
        List<string[]> rows = [];
        Dictionary<string, string>[] jobs = [.. found.Where(f => !f.Key.StartsWith("pytorch", StringComparison.Ordinal)).SelectMany(f => f.Value).Where(r => r.ContainsKey("by CUDA events"))];
        Dictionary<string, string>[] peers = [.. found.Where(f => f.Key.StartsWith("pytorch", StringComparison.Ordinal)).SelectMany(f => f.Value).Where(r => r.ContainsKey("mode"))];
        Best? start = BestOf(found.GetValueOrDefault("cold", []).Where(r => r["caches"].StartsWith("warm", StringComparison.Ordinal)), "process start to exit, s", "precision");
        AtMost("class 20, batch 1, half precision: ms per step", Ours("class 20, batch 1"), 0.5);
        AtMost("class 20, batch 3, half precision: ms per step", Ours("class 20, batch 3"), 0.9);
        AtMost("class 20: process start to PNG with warm caches, s", start, 2);
        foreach (string job in jobs.Select(r => r["job"]).Distinct())
        {
            bool one = job == "class 20, batch 1";
            AtLeast($"{job}: PyTorch's best eager time over ours", Theirs(job, "eager"), Ours(job), one ? 3 : null);
            AtLeast($"{job}: PyTorch's best compiled time over ours", Theirs(job, "compile"), Ours(job), one ? 1.5 : null);
        }

        return rows;

        Best? Ours(string job) => BestOf(jobs.Where(r => r["job"] == job && r["precision"] is "Fp16" or "Bf16"), "ms per step", "precision");

        Best? Theirs(string job, string mode) => BestOf(peers.Where(r => r["job"] == job && r["mode"].StartsWith(mode, StringComparison.Ordinal)), "ms per step", "mode");

        void AtMost(string what, Best? measured, double goal) => Add(what, measured?.Value, measured?.Name, $"at most {Text(goal)}", measured?.Value / goal);

        void AtLeast(string what, Best? theirs, Best? ours, double? goal)
        {
            double? ratio = theirs?.Value / ours?.Value;
            Add(what, ratio, $"{theirs?.Name} over {ours?.Name}", goal is null ? "" : $"at least {Text(goal.Value)}", goal / ratio);
        }

        void Add(string what, double? measured, string? how, string goal, double? excess) => rows.Add(
        [
            what,
            measured is null ? "" : $"{Text(measured.Value)} ({how})",
            goal,
            measured is null ? "not measured" : excess is null ? "" : excess <= 1 ? "met" : $"missed by {Text((excess.Value - 1) * 100)} %",
        ]);
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    // The smallest of a column; rows without a number (a mode that failed) do not count.
    private static Best? BestOf(IEnumerable<Dictionary<string, string>> rows, string column, string name) => rows
        .Select(r => double.TryParse(r[column], CultureInfo.InvariantCulture, out double value) ? new Best(value, r[name]) : null)
        .OfType<Best>()
        .MinBy(b => b.Value);

    private sealed record Best(double Value, string Name);
}
