using System.Text.Json;

namespace VggCuda.Cli.Reports;

/// <summary>A plan's settings as lines of a table.</summary>
internal static class PlanFacts
{
    // Who draws what is told elsewhere on the page.
    private static readonly string[] Left = ["objective", "seeds", "format"];

    /// <summary>The plan's members but objective and seeds, each on a line: numbers and words as they are, the rest as JSON on one line.</summary>
    /// <param name="plan">A plan's JSON.</param>
    public static IReadOnlyList<Fact> Of(string plan)
    {
        using JsonDocument document = JsonDocument.Parse(plan);
        return [.. document.RootElement.EnumerateObject()
            .Where(p => !Left.Contains(p.Name) && p.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            .Select(p => new Fact(p.Name, Line(p.Value)))];
    }

    private static string Line(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return value.GetString()!;
            case JsonValueKind.Array:
                return value.GetArrayLength() == 0 ? "none" : string.Join("; ", value.EnumerateArray().Select(Line));
            case JsonValueKind.Object:
                return string.Join(", ", value.EnumerateObject().Select(p => p.Name.StartsWith('$') || p.Name is "kind" or "type" ? Line(p.Value) : $"{p.Name} {Line(p.Value)}"));
            default:
                return value.GetRawText();
        }
    }
}
