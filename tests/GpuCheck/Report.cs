using System.Globalization;
using System.Text;
using System.Text.Json;
using VggCuda.Engine.Files;

namespace VggCuda.GpuCheck;

/// <summary>report.md of a folder's results.jsonl: the checks and how they ended, the goals, then what each check found.</summary>
internal static class Report
{
    /// <summary>Writes the page.</summary>
    /// <returns>Whether no check failed.</returns>
    public static bool Write(string folder)
    {
        Dictionary<string, Section> sections = [];
        foreach ((string check, JsonElement line, _) in ResultFile.Read(folder))
        {
            if (!sections.TryGetValue(check, out Section? section))
            {
                sections.Add(check, section = new Section());
            }

            section.Add(line);
        }

        IEnumerable<string> names = Check.All.Select(c => c.Name).Concat(sections.Keys).Distinct();
        StringBuilder page = new();
        page.AppendLine("# GPU check").AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Written {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC by `eng/gpu-check`, whose results are in {ResultFile.Name} beside this.").AppendLine();
        Table(page, ["check", "result", "seconds"], names.Select(n => sections.GetValueOrDefault(n) is { } s ? (string[])[n, s.Outcome, s.Seconds] : [n, "not reached", ""]));
        page.AppendLine().AppendLine("## goals").AppendLine().AppendLine("For an H200; of small networks, or a stand-in, these figures say nothing.").AppendLine();
        Table(page, Goals.Columns, Goals.Rows(sections.ToDictionary(s => s.Key, s => s.Value.ByHeading())));
        foreach (string name in names.Where(sections.ContainsKey))
        {
            Section section = sections[name];
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {name}").AppendLine();
            section.Remarks.ForEach(r => page.AppendLine("- " + Plain(r)));
            if (section.Columns.Length > 0)
            {
                page.AppendLine();
                Table(page, section.Columns, section.Rows);
            }
        }

        StagedFiles.Write(Path.Combine(folder, "report.md"), Encoding.UTF8.GetBytes(page.ToString()));
        return sections.Values.All(s => s.Passed);
    }

    private static void Table(StringBuilder page, string[] columns, IEnumerable<string[]> rows)
    {
        page.AppendLine("| " + string.Join(" | ", columns) + " |").AppendLine("|" + string.Concat(columns.Select(_ => "---|")));
        foreach (string[] row in rows)
        {
            page.AppendLine("| " + string.Join(" | ", row.Select(Plain)) + " |");
        }
    }

    private static string Plain(string cell) => cell.ReplaceLineEndings(" ").Replace('|', '/');

    private sealed class Section
    {
        public string Outcome { get; private set; } = "not ended";

        public bool Passed { get; private set; } = true;

        public string Seconds { get; private set; } = "";

        public List<string> Remarks { get; } = [];

        public string[] Columns { get; private set; } = [];

        public List<string[]> Rows { get; } = [];

        public void Add(JsonElement line)
        {
            foreach (JsonProperty part in line.EnumerateObject())
            {
                switch (part.Name)
                {
                    case "note":
                        Remarks.Add(part.Value.GetString() ?? "");
                        break;
                    case "failure":
                        Remarks.Add("**failed:** " + part.Value.GetString());
                        break;
                    case "columns":
                        Columns = Cells(part.Value);
                        break;
                    case "row":
                        Rows.Add(Cells(part.Value));
                        break;
                    case "end":
                        Outcome = part.Value.GetString() ?? "";
                        break;
                    case "passed":
                        Passed = part.Value.GetBoolean();
                        Outcome = Passed ? Outcome : $"**{Outcome}**";
                        break;
                    case "seconds":
                        Seconds = part.Value.GetDouble().ToString("F1", CultureInfo.InvariantCulture);
                        break;
                    default:
                        break;
                }
            }
        }

        public List<Dictionary<string, string>> ByHeading() =>
            [.. Rows.Where(r => r.Length == Columns.Length).Select(r => Columns.Zip(r).ToDictionary(c => c.First, c => c.Second))];

        private static string[] Cells(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(e => e.ToString())] : [];
    }
}
