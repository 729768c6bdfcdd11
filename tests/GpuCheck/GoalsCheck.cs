using System.Globalization;
using System.Text.Json;

namespace VggCuda.GpuCheck;

/// <summary>The goals beside what the other checks measured, and every job beside PyTorch's best. Measures nothing itself, and a missed goal is no failure.</summary>
internal static class GoalsCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        List<Dictionary<string, string>> jobs = Read(settings, "job");
        List<Dictionary<string, string>> peers = Read(settings, "pytorch_job");
        List<Dictionary<string, string>> cold = Read(settings, "cold");
        result.Columns.AddRange(["what", "measured", "goal", "verdict"]);
        result.Notes.Add("the goals are for an H200 (first check: what this ran on)" + (settings.Small ? "; small: these figures say nothing" : ""));
        Best? one = Ours("class 20, batch 1");
        AtMost("class 20, batch 1, half precision: ms per step", one, 0.5);
        AtMost("class 20, batch 3, half precision: ms per step", Ours("class 20, batch 3"), 0.9);
        AtMost("class 20: process start to PNG with warm caches, s", BestOf(cold.Where(r => r["caches"].StartsWith("warm", StringComparison.Ordinal)), "process start to exit, s", r => r["precision"]), 2);
        foreach (string job in jobs.Select(r => r["job"]).Distinct())
        {
            Best? ours = Ours(job);
            AtLeast($"{job}: PyTorch's best eager time over ours", Theirs(job, "eager"), ours, job == "class 20, batch 1" ? 3 : null);
            AtLeast($"{job}: PyTorch's best compiled time over ours", Theirs(job, "compile"), ours, job == "class 20, batch 1" ? 1.5 : null);
            AtLeast($"{job}: PyTorch's eager float32 time over our float32", Theirs(job, "eager fp32"), BestOf(jobs.Where(r => r["job"] == job && r["precision"] == "Fp32"), "ms per step", r => r["precision"]), null);
        }

        Best? Ours(string job) => BestOf(jobs.Where(r => r["job"] == job && r["precision"] is "Fp16" or "Bf16"), "ms per step", r => r["precision"]);

        Best? Theirs(string job, string mode) => BestOf(peers.Where(r => r["job"] == job && r["mode"].StartsWith(mode, StringComparison.Ordinal)), "ms per step", r => r["mode"]);

        void AtMost(string what, Best? measured, double goal) => Row(what, measured?.Value, measured?.Name, $"at most {Text(goal)}", measured?.Value / goal);

        void AtLeast(string what, Best? theirs, Best? ours, double? goal)
        {
            double? ratio = theirs?.Value / ours?.Value;
            Row(what, ratio, $"{theirs?.Name} over {ours?.Name}", goal is null ? "" : $"at least {Text(goal.Value)}", goal / ratio);
        }

        void Row(string what, double? measured, string? how, string goal, double? excess)
        {
            string verdict = measured is null ? "not measured" : goal.Length == 0 ? "" : settings.Small ? "not judged" : excess <= 1 ? "met" : $"missed by {Text((excess!.Value - 1) * 100)} %";
            result.Row(what, measured is null ? "" : $"{Text(measured.Value)} ({how})", goal, verdict);
        }
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    // The smallest of a column; rows without a number (a mode that failed) do not count.
    private static Best? BestOf(IEnumerable<Dictionary<string, string>> rows, string column, Func<Dictionary<string, string>, string> name) => rows
        .Select(r => double.TryParse(r[column], CultureInfo.InvariantCulture, out double value) ? new Best(value, name(r)) : null)
        .OfType<Best>()
        .MinBy(b => b.Value);

    private static List<Dictionary<string, string>> Read(Settings settings, string check)
    {
        string path = Path.Combine(settings.Folder, check + ".json");
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        string[] columns = Strings(document.RootElement.GetProperty("columns"));
        return [.. document.RootElement.GetProperty("rows").EnumerateArray().Select(row => columns.Zip(Strings(row)).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString() ?? "")];

    private sealed record Best(double Value, string Name);
}
