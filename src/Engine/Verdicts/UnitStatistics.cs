using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Verdicts;

/// <summary>How strongly every unit of a network answers to sample pictures, and what its layers do on each class's: what a drawn picture is judged by.</summary>
/// <remarks>Made by <see cref="StatisticsMeter"/>; docs/verdicts.md describes the file.</remarks>
public sealed record UnitStatistics
{
    /// <summary>The format that is written and read.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The quantiles that are kept, in percent of the pictures.</summary>
    public static ImmutableArray<double> Percents { get; } = [0, 1, 5, 25, 50, 75, 95, 99, 100];

    /// <summary>See <see cref="CurrentFormat"/>.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>What the weights are called.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the weights.</summary>
    public required string Weights { get; init; }

    /// <summary>Pictures that were shown to the network.</summary>
    public required int Pictures { get; init; }

    /// <summary>Rows and columns that they were brought to.</summary>
    public required int Side { get; init; }

    /// <summary>Convolutions and dense layers, from below.</summary>
    public required ImmutableArray<LayerStatistics> Layers { get; init; }

    /// <summary>The last convolution of each block; empty where the network has no classes.</summary>
    public required ImmutableArray<LayerLikeness> Likeness { get; init; }

    /// <summary>A layer's, or null.</summary>
    /// <param name="layer">Keras's name.</param>
    public LayerStatistics? Of(string layer) => Layers.FirstOrDefault(l => l.Name == layer);

    /// <summary>As one line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, StatisticsJson.Default.UnitStatistics);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="PlanException">It is no such file, of another format, or its numbers do not fit each other.</exception>
    public static UnitStatistics Parse(ReadOnlySpan<byte> json)
    {
        UnitStatistics? read;
        try
        {
            read = JsonSerializer.Deserialize(json, StatisticsJson.Default.UnitStatistics);
        }
        catch (JsonException error)
        {
            throw new PlanException($"it is no file of unit statistics ({error.Message})");
        }

        return read is null ? throw new PlanException("it is no file of unit statistics")
            : read.Format != CurrentFormat ? throw new PlanException($"it has the format {read.Format}, and this program reads {CurrentFormat}")
            : read.Complaint() is { } complaint ? throw new PlanException(complaint)
            : read;
    }

    /// <summary>Checks that they are of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="sha256">Of its weights.</param>
    /// <exception cref="PlanException">They are another's.</exception>
    public void CheckFits(Network network, string sha256)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(sha256);
        if (!string.Equals(Weights, sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new PlanException($"they are of other weights ({Name}, SHA-256 {Start(Weights)}), and these have the SHA-256 {Start(sha256)}");
        }

        foreach ((string name, int units) in Layers.Select(l => (l.Name, l.Active.Length)).Concat(Likeness.Select(l => (l.Name, l.Centres.Length))))
        {
            if (network.Topology.Find(name) is not { } layer || layer.Outputs != units)
            {
                throw new PlanException($"they have {units} units of a layer '{name}', and the network has not");
            }
        }

        static string Start(string hash) => hash.Length > 12 ? hash[..12] + "..." : hash;
    }

    private string? Complaint()
    {
        if (Pictures < 1 || Side < 1 || Layers.IsDefaultOrEmpty || Likeness.IsDefault)
        {
            return "it counts no pictures, no pixels or no layers";
        }

        foreach (LayerStatistics layer in Layers)
        {
            if (layer is null || layer.Active.IsDefault || layer.Means.IsDefault || layer.Peaks.IsDefault
                || layer.Means.Length != layer.Active.Length || (layer.Peaks.Length != 0 && layer.Peaks.Length != layer.Active.Length)
                || !layer.Active.All(a => a is >= 0 and <= 1) || !layer.Means.All(IsRising) || !layer.Peaks.All(IsRising))
            {
                return $"the numbers of layer '{layer?.Name}' do not fit each other: as many shares of 0 to 1 as lists of {Percents.Length} rising quantiles are wanted";
            }
        }

        foreach (LayerLikeness layer in Likeness)
        {
            if (layer is null || layer.Centres.IsDefault || layer.Deviations.IsDefault || layer.Classes.IsDefault || layer.Deviations.Length != layer.Centres.Length
                || !layer.Centres.All(double.IsFinite) || !layer.Deviations.All(d => d >= 0 && double.IsFinite(d))
                || layer.Classes.Any(c => c is not null && (c.Means.IsDefault || c.Means.Length != layer.Centres.Length || !c.Means.All(double.IsFinite) || !double.IsFinite(c.Same) || !double.IsFinite(c.Other))))
            {
                return $"the numbers of the classes at layer '{layer?.Name}' do not fit each other";
            }
        }

        return null;

        static bool IsRising(ImmutableArray<double> quantiles)
        {
            if (quantiles.IsDefault || quantiles.Length != Percents.Length)
            {
                return false;
            }

            for (int i = 0; i < quantiles.Length; i++)
            {
                if (!double.IsFinite(quantiles[i]) || (i > 0 && quantiles[i] < quantiles[i - 1]))
                {
                    return false;
                }
            }

            return true;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UnitStatistics))]
internal sealed partial class StatisticsJson : JsonSerializerContext;
