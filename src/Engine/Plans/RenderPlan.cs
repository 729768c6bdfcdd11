using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Transforms;

namespace VggCuda.Engine.Plans;

/// <summary>Everything that decides a render except the weights: the same plan on the same weights gives the same pictures.</summary>
public sealed record RenderPlan
{
    /// <summary>Name of the preset it was made from, for the record.</summary>
    public string Preset { get; init; } = "keras-vis";

    /// <summary>What to excite, for every image.</summary>
    public required ChannelObjective Objective { get; init; }

    /// <summary>Seed of every image's random stream: image i of a batch equals a single run with this seed.</summary>
    public required ImmutableArray<uint> Seeds { get; init; }

    /// <summary>Rows of the image.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the image.</summary>
    public required int Width { get; init; }

    /// <summary>Number of steps.</summary>
    public required int Iterations { get; init; }

    /// <summary>What the image starts from.</summary>
    public required ImageStart Start { get; init; }

    /// <summary>Random changes before each evaluation, in order.</summary>
    public ImmutableArray<Transform> Transforms { get; init; } = [];

    /// <summary>Penalties on the image.</summary>
    public ImmutableArray<Regularizer> Regularizers { get; init; } = [];

    /// <summary>How gradients become steps.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>What happens to the image on its way into the network; keras-vis: nothing.</summary>
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Raw;

    /// <summary>The network's arithmetic.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Number of pictures.</summary>
    [JsonIgnore]
    public int Count => Seeds.Length;

    /// <summary>Columns of the loss log, in order: activation, the regularisers that count, total.</summary>
    [JsonIgnore]
    public ImmutableArray<string> LossNames => ["activation", .. Regularizers.Where(r => r.Weight != 0).Select(r => r.Name), "total"];

    /// <summary>The plan as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RenderPlanJson.Default.RenderPlan);

    /// <summary>Reads a plan back.</summary>
    /// <exception cref="JsonException">Not a plan.</exception>
    public static RenderPlan FromJson(string json) =>
        JsonSerializer.Deserialize(json, RenderPlanJson.Default.RenderPlan) ?? throw new JsonException("The plan is null.");

    /// <summary>The pictures from <paramref name="first"/> on as a plan of their own; they come out the same.</summary>
    public RenderPlan Slice(int first, int count) => this with
    {
        Seeds = Seeds.Slice(first, count),
        Objective = Objective with { Channels = Objective.Channels.Slice(first, count) },
    };

    /// <summary>Checks the plan by itself and against a network.</summary>
    /// <exception cref="ArgumentException">Something does not fit; the message says what would.</exception>
    public void Validate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (Iterations < 1)
        {
            throw new ArgumentException($"The number of iterations is {Iterations}; it must be at least 1.");
        }

        if (Seeds.IsDefaultOrEmpty || Objective.Channels.IsDefault || Objective.Channels.Length != Seeds.Length)
        {
            throw new ArgumentException($"{(Seeds.IsDefault ? 0 : Seeds.Length)} seeds for {(Objective.Channels.IsDefault ? 0 : Objective.Channels.Length)} lists of channels; there must be one of each per picture.");
        }

        if (!double.IsFinite(Objective.Weight) || Objective.Weight < 0)
        {
            throw new ArgumentException($"The weight of the activation is {Objective.Weight}; it must be a finite number, 0 or more.");
        }

        foreach (ImmutableArray<int> list in Objective.Channels)
        {
            if (list.IsDefaultOrEmpty || list.Any(c => c < 0))
            {
                throw new ArgumentException("Every picture needs at least one channel, and channels are numbered from 0.");
            }
        }

        Spec(network).Validate(network);
        Start.Validate(Height, Width);
        Optimizer.Validate();
        foreach (Transform transform in Transforms)
        {
            transform.Validate(Height, Width);
        }

        foreach (Regularizer regularizer in Regularizers)
        {
            regularizer.Validate();
        }
    }

    /// <summary>The program that a run of this plan needs.</summary>
    /// <exception cref="ArgumentException">The network has no such layer.</exception>
    public ProgramSpec Spec(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new ProgramSpec
        {
            Taps = [new TapSpec(network.Topology.Find(Objective.Layer)
                ?? throw new ArgumentException($"The network has no layer '{Objective.Layer}'; its layers are {string.Join(", ", network.Topology.Layers.Where(l => l.CanBeTapped).Select(l => l.Name))}.")) { Channels = Objective.PaddedChannels(), Point = Objective.Point }],
            Batch = Count,
            Height = Height,
            Width = Width,
            Top = Objective.Top,
            Preprocessing = Preprocessing,
            Precision = Precision,
        };
    }
}

/// <summary>Source-generated JSON of a plan, so that it works trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RenderPlan))]
internal sealed partial class RenderPlanJson : JsonSerializerContext;
