using System.Text.Json;
using System.Text.Json.Serialization;

namespace VggCuda.Cli.Sweeps.Format;

/// <summary><c>sweep.json</c>: what a sweep draws. Written once; docs/sweeps.md describes it.</summary>
internal sealed record SweepManifest
{
    /// <summary>The format that is written and read.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The version of the program that planned it.</summary>
    public required string Version { get; init; }

    public required string Preset { get; init; }

    /// <summary>Pictures drawn at once: a part's units in groups of so many, the last one smaller.</summary>
    public required int Batch { get; init; }

    /// <summary>Into how many shares the groups are dealt out, one after the other.</summary>
    public required int Shards { get; init; }

    public required SweepWeights Weights { get; init; }

    public required IReadOnlyList<SweepPart> Parts { get; init; }
}

/// <summary>The weights that a sweep is of.</summary>
/// <param name="Name">What they are called.</param>
/// <param name="Path">Their file when it was planned, or null for the bundled model.</param>
/// <param name="Network">The network of the file that was meant, or null where it holds one.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Parameters">Weights and biases.</param>
/// <param name="Classes">Class count, or null without dense layers.</param>
internal sealed record SweepWeights(string Name, string? Path, string? Network, string Sha256, long Parameters, int? Classes);

/// <summary>The pictures of one layer or objective: one plan.</summary>
internal sealed record SweepPart
{
    /// <summary>Its folder below <c>pictures</c>, <c>records</c> and <c>failures</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Keras's name of the layer, or null for an objective.</summary>
    public required string? Layer { get; init; }

    /// <summary><c>filter</c>, <c>unit</c>, <c>class</c> or <c>objective</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The plan of all its pictures.</summary>
    public required JsonElement Plan { get; init; }

    public required IReadOnlyList<SweepUnit> Units { get; init; }
}

/// <summary>One picture.</summary>
internal sealed record SweepUnit
{
    /// <summary>Its files' name without extension.</summary>
    public required string Name { get; init; }

    /// <summary>The channel, unit or class, or null for an objective.</summary>
    public required int? Channel { get; init; }

    /// <summary>The class's name, or null.</summary>
    public required string? ClassName { get; init; }

    /// <summary>What <c>activate</c> would write below it.</summary>
    public required string Label { get; init; }

    public required uint Seed { get; init; }

    /// <summary>SHA-256 of what decides the picture: its own plan and the weights' SHA-256.</summary>
    public required string Key { get; init; }
}

/// <summary><c>engine.json</c>: what draws a sweep. Fixed by the first run that draws.</summary>
/// <param name="Engine">The program's version.</param>
/// <param name="Kernels">What rounds alike.</param>
/// <param name="Device">The processor's or the GPU's name.</param>
/// <param name="Details">What a bug report needs.</param>
internal sealed record SweepEngine(string Engine, string Kernels, string Device, IReadOnlyDictionary<string, string> Details);

/// <summary>What a picture is and how it came about: <c>records/PART/UNIT.json</c>.</summary>
internal sealed record UnitRecord
{
    public required string Key { get; init; }

    public required string Part { get; init; }

    public required string Unit { get; init; }

    public required int? Channel { get; init; }

    public required string? ClassName { get; init; }

    public required uint Seed { get; init; }

    /// <summary>The picture, relative to the sweep's folder, with slashes.</summary>
    public required string Picture { get; init; }

    /// <summary>The picture's length.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the picture's file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>SHA-256 of its decoded values: height x width x red, green, blue.</summary>
    public required string Pixels { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>Steps done.</summary>
    public required int Steps { get; init; }

    /// <summary>The step, from 0, whose total was lowest.</summary>
    public required int BestStep { get; init; }

    public required double BestTotal { get; init; }

    /// <summary>The objective on the clean picture, unweighted.</summary>
    public required double Activation { get; init; }

    /// <summary>For classes.</summary>
    public required double? Probability { get; init; }

    /// <summary>For classes, from 1.</summary>
    public required int? Rank { get; init; }

    /// <summary>percentile, never active, saturated or no gradient; null without statistics of the network's units.</summary>
    public string? Verdict { get; init; }

    /// <summary>Percent of the sample pictures to which the unit answers more weakly.</summary>
    public double? Percentile { get; init; }

    public required LossCurve Curve { get; init; }

    public required string Engine { get; init; }

    public required string Kernels { get; init; }

    /// <summary>SHA-256 of the weights.</summary>
    public required string Weights { get; init; }

    /// <summary>Whether engine, kernels or weights are not the sweep's own.</summary>
    public required bool Mixed { get; init; }

    /// <summary>Pictures drawn at once.</summary>
    public required int Batch { get; init; }

    public required string Host { get; init; }

    public required DateTimeOffset Finished { get; init; }
}

/// <summary>The loss over a run, thinned.</summary>
/// <param name="Steps">Steps, from 0; the first and the last among them.</param>
/// <param name="Totals">The weighted total at each; null where it was not finite.</param>
internal sealed record LossCurve(IReadOnlyList<int> Steps, IReadOnlyList<double?> Totals);

/// <summary>Why a unit has no picture: <c>failures/PART/UNIT.json</c>.</summary>
/// <param name="Key">The unit's.</param>
/// <param name="Part">Its part.</param>
/// <param name="Unit">Its name.</param>
/// <param name="Attempts">How often it was begun.</param>
/// <param name="Reason">A sentence.</param>
/// <param name="Host">Where.</param>
/// <param name="When">When it was given up.</param>
internal sealed record UnitFailure(string Key, string Part, string Unit, int Attempts, string Reason, string Host, DateTimeOffset When);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(SweepManifest))]
[JsonSerializable(typeof(SweepEngine))]
[JsonSerializable(typeof(UnitRecord))]
[JsonSerializable(typeof(UnitFailure))]
[JsonSerializable(typeof(ShardLease))]
internal sealed partial class SweepJson : JsonSerializerContext;
