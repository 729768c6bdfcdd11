using System.Text.Json.Serialization;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Attribution;

namespace VggCuda.Cli.Attribution;

/// <summary>What was found about a picture and a class, for <c>--json</c>.</summary>
internal sealed record AttributionReport(string File, int Class, string? Name, double Logit, double Probability, IReadOnlyList<ReportedClass> Top, IReadOnlyList<ReportedMap> Methods)
{
    public static AttributionReport Of(ExplainedPicture row, ChosenNetwork chosen, int side) => new(
        row.File,
        row.Facts.Class,
        chosen.NameOf(row.Facts.Class),
        row.Facts.Logit,
        row.Facts.Probability,
        [.. row.Facts.Top.Select(p => new ReportedClass(p.Class, chosen.NameOf(p.Class), p.Probability, p.Logit))],
        [.. row.Answers.Select(answer => ReportedMap.Of(answer, side))]);
}

/// <summary>A class, its name where known, its softmax probability and its logit.</summary>
internal sealed record ReportedClass(int Class, string? Name, double Probability, double Logit);

/// <summary>A map in numbers.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Least">The smallest value.</param>
/// <param name="Largest">The largest value.</param>
/// <param name="Sum">The sum of all.</param>
/// <param name="PeakRow">Row of the largest value, of the network's input.</param>
/// <param name="PeakColumn">Its column.</param>
/// <param name="Steps">Nodes of the path, of integrated gradients alone.</param>
/// <param name="Difference">Logit of the picture less that of the baseline, likewise.</param>
/// <param name="Gap">The completeness gap, likewise.</param>
/// <param name="Reached">Whether the tolerance was reached, likewise.</param>
internal sealed record ReportedMap(string Method, double Least, double Largest, double Sum, int PeakRow, int PeakColumn, int? Steps, double? Difference, double? Gap, bool? Reached)
{
    public static ReportedMap Of(Answer answer, int side)
    {
        ReadOnlySpan<float> map = answer.Map.Span;
        int peak = 0;
        float least = map[0];
        double sum = 0;
        for (int i = 0; i < map.Length; i++)
        {
            peak = map[i] > map[peak] ? i : peak;
            least = Math.Min(least, map[i]);
            sum += map[i];
        }

        IntegrationFacts? path = answer.Facts.Integration;
        return new ReportedMap(answer.Method.Name, least, map[peak], sum, peak / side, peak % side, path?.Steps, path?.Difference, path?.Gap, path?.Reached);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<AttributionReport>))]
internal sealed partial class AttributionReportJson : JsonSerializerContext;
