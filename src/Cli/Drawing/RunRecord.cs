using System.Text.Json;
using System.Text.Json.Serialization;

namespace VggCuda.Cli.Drawing;

/// <summary>What a run was and what came of it: the JSON file beside the pictures.</summary>
internal sealed record RunRecord
{
    public required string Command { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required SoftwareRecord Software { get; init; }

    public required WeightsRecord Weights { get; init; }

    public required DeviceRecord Device { get; init; }

    public required IReadOnlyList<RenderRecord> Renders { get; init; }
}

/// <param name="Name">VggCuda.</param>
/// <param name="Version">Its version.</param>
/// <param name="Runtime">.NET's version.</param>
/// <param name="System">Operating system and architecture.</param>
internal sealed record SoftwareRecord(string Name, string Version, string Runtime, string System);

/// <param name="Name">What the weights are called.</param>
/// <param name="Path">Their file, or null for the bundled model.</param>
/// <param name="Sha256">Of the file.</param>
/// <param name="Parameters">Weights and biases.</param>
/// <param name="Classes">Class count, or null without dense layers.</param>
internal sealed record WeightsRecord(string Name, string? Path, string? Sha256, long Parameters, int? Classes);

/// <param name="Name">The name for --device.</param>
/// <param name="Processor">The processor's or the GPU's name.</param>
/// <param name="Details">Versions, instruction sets, thread counts.</param>
internal sealed record DeviceRecord(string Name, string Processor, IReadOnlyDictionary<string, string> Details);

/// <summary>One plan and its pictures.</summary>
internal sealed record RenderRecord
{
    /// <summary>The plan, as it also stands in the picture's metadata.</summary>
    public required JsonElement Plan { get; init; }

    /// <summary>Whether it was ended before its time.</summary>
    public required bool Cancelled { get; init; }

    public required TimingsRecord Timings { get; init; }

    /// <summary>How many times each picture was enlarged for the PNG and the animations.</summary>
    public required int Scale { get; init; }

    public required IReadOnlyList<PictureRecord> Pictures { get; init; }

    public required IReadOnlyList<FileRecord> Files { get; init; }
}

/// <summary>Milliseconds, steps over all batches, and steps per second.</summary>
internal sealed record TimingsRecord(double CompileMs, double RunMs, double ScoreMs, long Steps, double StepsPerSecond);

/// <summary>One picture: its seed, its size before enlargement, its best step (from 0) and total, its score.</summary>
internal sealed record PictureRecord
{
    public required int Index { get; init; }

    public required uint Seed { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required int Steps { get; init; }

    public required int BestStep { get; init; }

    public required double BestTotal { get; init; }

    /// <summary>Sum of the channels' activations on the clean picture.</summary>
    public required double Activation { get; init; }

    public required IReadOnlyList<ScoreRecord> Channels { get; init; }

    /// <summary>With --trust, for pictures of one class: how like real ones it is, by layer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TrustRecord>? Trust { get; init; }
}

/// <summary>A channel's verdict on the clean picture; probability and rank for classes only.</summary>
internal sealed record ScoreRecord(int Channel, string? Name, double Activation, double? Probability, int? Rank)
{
    /// <summary>percentile, never active, saturated or no gradient; null without statistics of the network's units.</summary>
    public string? Verdict { get; init; }

    /// <summary>Percent of the sample pictures to which the unit answers more weakly.</summary>
    public double? Percentile { get; init; }
}

/// <param name="Layer">Keras's name.</param>
/// <param name="Value">1 as real pictures of the class, 0 as those of others; null where that is not known.</param>
internal sealed record TrustRecord(string Layer, double? Value);

/// <param name="Kind">png, npy, alpha, gif, webp, log.</param>
/// <param name="Path">As the user named it.</param>
/// <param name="Sha256">Of its content: a file beside the record that has another one is not of this run.</param>
internal sealed record FileRecord(string Kind, string Path, string Sha256);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
