using System.Text.Json.Nodes;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Tests.Shared;

namespace VggCuda.Engine.Tests;

/// <summary>The table of the presets' defaults in docs/command-line.md is what the presets are.</summary>
public class PresetTableTests
{
    private const string Begin = "<!-- defaults: a test compares this table with the presets -->\n";
    private const string End = "<!-- end of defaults -->";
    private static readonly string[] OwnOfAPicture = ["format", "preset", "objective", "seeds", "height", "width"];

    [Fact]
    public void The_table_of_defaults_is_what_the_presets_are()
    {
        string text = SourceTree.Text("docs/command-line.md");
        int start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        Assert.True(start >= Begin.Length, $"docs/command-line.md has no line {Begin}");
        string expected = Table();
        string actual = text[start..text.IndexOf(End, StringComparison.Ordinal)];
        Assert.True(expected == actual, $"The table in docs/command-line.md is another; paste:\n{expected}");
    }

    private static string Table()
    {
        Dictionary<string, JsonObject>[] sizes = [.. ((int[])[224, 64]).Select(side => Presets.Names.ToDictionary(n => n, n => Plan(n, side)))];
        List<string> rows = [$"| | {string.Join(" | ", Presets.Names.Select(n => $"`{n}`"))} |", $"|---|{string.Concat(Presets.Names.Select(_ => "---|"))}"];
        foreach (string key in sizes[0].Values.SelectMany(plan => plan.Select(p => p.Key)).Distinct().Except(OwnOfAPicture))
        {
            rows.Add($"| {key} | {string.Join(" | ", Presets.Names.Select(name => Cell(sizes[0][name][key], sizes[1][name][key])))} |");
        }

        return string.Concat(rows.Select(row => row + "\n"));
    }

    private static JsonObject Plan(string name, int side)
    {
        JsonObject plan = JsonNode.Parse(Presets.Create(name, new ChannelObjective { Layer = "block5_conv3", Channels = [[0]] }, [1], side, side).ToJson())!.AsObject();
        plan["tap"] = (string)plan["objective"]!["point"]!;
        return plan;
    }

    private static string Cell(JsonNode? large, JsonNode? small)
    {
        (string at224, string at64) = (Words(large), Words(small));
        return at224 == at64 ? at224 : $"{at224}; at 64 pixels: {at64}";
    }

    private static string Words(JsonNode? node) => node switch
    {
        null or JsonArray { Count: 0 } => "none",
        JsonArray many => string.Join("; ", many.Select(Words)),
        JsonObject thing => string.Join(", ", thing.Where(p => p.Value is not null).Select(p => p.Key == "kind" ? (string)p.Value! : $"{p.Key} {Words(p.Value)}")),
        _ => node.ToJsonString().Trim('"'),
    };
}
