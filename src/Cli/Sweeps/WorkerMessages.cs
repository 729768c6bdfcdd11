using System.Text.Json.Serialization;

namespace VggCuda.Cli.Sweeps;

/// <summary>Units of one part that a worker is to draw; one line of JSON on its standard input.</summary>
/// <param name="Id">Names it in reports.</param>
/// <param name="Part">The part's place in the manifest.</param>
/// <param name="First">The first unit's place in the part.</param>
/// <param name="Count">How many are drawn at once.</param>
/// <param name="Wanted">Those of them, by their places in the part, that are to be written; the others have their pictures already.</param>
internal sealed record WorkOrder(int Id, int Part, int First, int Count, IReadOnlyList<int> Wanted);

/// <summary>What a worker has to say; one line of JSON on its standard output.</summary>
internal sealed record WorkReport
{
    public required WorkReportKind Kind { get; init; }

    /// <summary>The order meant.</summary>
    public int Id { get; init; }

    /// <summary>The unit's place in its part.</summary>
    public int Place { get; init; }

    /// <summary>For a failure.</summary>
    public string? Reason { get; init; }

    /// <summary>For a failure that ends the sweep: the exit code.</summary>
    public int Code { get; init; }

    /// <summary>When an order is drawn: how long that took.</summary>
    public double Milliseconds { get; init; }

    /// <summary>When an order is drawn, where that is asked for: the managed memory in use after a full collection.</summary>
    public long ManagedBytes { get; init; }

    /// <summary>When it is ready: the kernels' name.</summary>
    public string? Kernels { get; init; }

    /// <summary>When it is ready: the processor's or the GPU's name.</summary>
    public string? Device { get; init; }

    /// <summary>When it is ready.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }
}

internal enum WorkReportKind
{
    /// <summary>The device is open; orders may come.</summary>
    Ready,

    /// <summary>An order's steps go on: a sign of life, about once a second.</summary>
    Step,

    /// <summary>An order's pictures are drawn and being written: the next order may come.</summary>
    Drawn,

    /// <summary>A unit's picture and record are in their places.</summary>
    Done,

    /// <summary>A unit cannot be drawn, whoever tries.</summary>
    Failed,

    /// <summary>Nothing can be drawn or written: the sweep ends.</summary>
    Broken,
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(WorkOrder))]
[JsonSerializable(typeof(WorkReport))]
internal sealed partial class WorkerJson : JsonSerializerContext;
