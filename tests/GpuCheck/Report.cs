using System.Globalization;
using System.Text;
using System.Text.Json;
using VggCuda.Engine.Files;

namespace VggCuda.GpuCheck;

/// <summary>One page of all results in a folder: report.md and report.json.</summary>
internal static class Report
{
    private static readonly string[] Order = ["versions", "goals", "operations", "cases", "layers", "network", "pytorch_check", "replay", "memcheck", "racecheck", "soak", "kernels", "job", "cold", "pytorch_job"];

    public static int Write(string folder)
    {
        StringBuilder page = new();
        page.AppendLine("# GPU check").AppendLine().AppendLine(string.Create(CultureInfo.InvariantCulture, $"Made {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC by `eng/gpu-check`.")).AppendLine();
        StringBuilder sections = new();
        List<string> json = [];
        bool passed = true;
        page.AppendLine("| check | result | seconds |").AppendLine("|---|---|---|");
        foreach (string name in Order)
        {
            string path = Path.Combine(folder, name + ".json");
            if (!File.Exists(path))
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"| {name} | not run | |");
                continue;
            }

            string text = File.ReadAllText(path);
            json.Add(text);
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            bool fine = root.GetProperty("passed").GetBoolean();
            passed &= fine;
            page.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {(fine ? "passed" : "**failed**")} | {root.GetProperty("seconds").GetDouble():F1} |");
            AddSection(sections, name, root);
        }

        page.AppendLine().Append(sections);
        StagedFiles.Write(Path.Combine(folder, "report.md"), Encoding.UTF8.GetBytes(page.ToString()));
        StagedFiles.Write(Path.Combine(folder, "report.json"), Encoding.UTF8.GetBytes("[\n" + string.Join(",\n", json) + "\n]\n"));
        Console.WriteLine(page.ToString());
        return passed ? 0 : 1;
    }

    private static void AddSection(StringBuilder page, string name, JsonElement root)
    {
        page.AppendLine(CultureInfo.InvariantCulture, $"## {name}").AppendLine();
        foreach (JsonElement note in root.GetProperty("notes").EnumerateArray())
        {
            page.AppendLine("- " + note.GetString());
        }

        string[] columns = [.. root.GetProperty("columns").EnumerateArray().Select(c => c.GetString() ?? "")];
        if (columns.Length > 0)
        {
            page.AppendLine().AppendLine("| " + string.Join(" | ", columns) + " |").AppendLine("|" + string.Concat(columns.Select(_ => "---|")));
            foreach (JsonElement row in root.GetProperty("rows").EnumerateArray())
            {
                page.AppendLine("| " + string.Join(" | ", row.EnumerateArray().Select(c => c.GetString())) + " |");
            }
        }

        page.AppendLine();
    }
}
