using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>Everything that decides a render except the weights: the same plan on the same weights gives the same pictures.</summary>
/// <remarks>Immutable: any number of threads may read one.</remarks>
public sealed record RenderPlan
{
    /// <summary>The format that <see cref="ToJson"/> writes. 1: without display, parameters and kinds of objectives, as pictures of version 0.1 carry it; 2: this.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The most steps that a plan may have: their random numbers are drawn, and their losses kept, for the whole run.</summary>
    public const int MostIterations = 1_000_000;

    private const int MostViews = 64;

    private static readonly (string Name, Func<JsonNode> Value)[] Defaults =
    [
        ("preset", () => Presets.KerasVisName),
        ("parameters", () => new JsonArray()),
        ("transforms", () => new JsonArray()),
        ("regularizers", () => new JsonArray()),
        ("preprocessing", () => nameof(Preprocessing.Raw)),
        ("precision", () => nameof(Precision.Auto)),
        ("keep", () => nameof(PictureChoice.Best)),
        ("views", () => 1),
        ("display", () => new JsonObject { ["kind"] = "keras-vis" }),
    ];

    /// <summary>The format that it was written in; older ones are brought up to <see cref="CurrentFormat"/> when read.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Name of the preset it was made from, for the record.</summary>
    public string Preset { get; init; } = Presets.KerasVisName;

    /// <summary>What to excite, for every image.</summary>
    public required Objective Objective { get; init; }

    /// <summary>Seed of every image's random stream: image i of a batch equals a single run with this seed.</summary>
    public required ImmutableArray<uint> Seeds { get; init; }

    /// <summary>Rows of the picture.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the picture.</summary>
    public required int Width { get; init; }

    /// <summary>Number of steps.</summary>
    public required int Iterations { get; init; }

    /// <summary>What the parameters start from.</summary>
    public required ImageStart Start { get; init; }

    /// <summary>From what is optimised to the picture, in order; empty where the pixels are.</summary>
    public ImmutableArray<Stage> Parameters { get; init; } = [];

    /// <summary>Random changes of the picture before each evaluation, in order; those that replace it first.</summary>
    public ImmutableArray<Stage> Transforms { get; init; } = [];

    /// <summary>Penalties on the picture.</summary>
    public ImmutableArray<Regularizer> Regularizers { get; init; } = [];

    /// <summary>How gradients become steps.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>How the optimiser's rate changes from step to step; null for not at all.</summary>
    public RateSchedule? Schedule { get; init; }

    /// <summary>How often what is optimised is blurred; null for never.</summary>
    public PeriodicBlur? BlurEvery { get; init; }

    /// <summary>How many random views of each picture a step looks at, one after the other; the gradient is their mean. 1 to 64.</summary>
    public int Views { get; init; } = 1;

    /// <summary>The picture that the objective compares with, where it does (<see cref="GuidedObjective"/>); its size is the pictures'.</summary>
    public PictureStart? Guide { get; init; }

    /// <summary>What happens to the picture on its way into the network; keras-vis: nothing.</summary>
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Raw;

    /// <summary>The network's arithmetic.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>In how many steps, the first, dead units are rescued: see <see cref="ProgramSpec.RescuedSteps"/>. lucid: 17; 0 for none.</summary>
    public int RescuedSteps { get; init; }

    /// <summary>How the picture is shown.</summary>
    public PictureDisplay Display { get; init; } = new KerasVisDisplay();

    /// <summary>Which picture of the run is its result.</summary>
    public PictureChoice Keep { get; init; } = PictureChoice.Best;

    /// <summary>Whether the picture is drawn small first; null for its own size from the start.</summary>
    public Octaves? Octaves { get; init; }

    /// <summary>Number of pictures.</summary>
    [JsonIgnore]
    public int Count => Seeds.Length;

    /// <summary>Shape of the pictures.</summary>
    [JsonIgnore]
    public TensorShape PictureShape => new(Count, Height, Width, 3);

    /// <summary>Shape of what is optimised.</summary>
    [JsonIgnore]
    public TensorShape ParametersShape => Parameters.Reverse().Aggregate(PictureShape, (shape, stage) => stage.InputShape(shape));

    /// <summary>Shape of what goes into the network.</summary>
    [JsonIgnore]
    public TensorShape InputShape => Transforms.Aggregate(PictureShape, (shape, stage) => stage.OutputShape(shape));

    /// <summary>Columns of the loss log, in order: activation, the regularisers that count, total.</summary>
    [JsonIgnore]
    public ImmutableArray<string> LossNames => ["activation", .. Regularizers.Where(r => r.Weight != 0).Select(r => r.Name), "total"];

    /// <summary>The plan as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RenderPlanJson.Default.RenderPlan);

    /// <summary>Reads a plan back, of any format so far.</summary>
    /// <exception cref="JsonException">Not a plan.</exception>
    /// <exception cref="PlanException">A plan of a later version of this program.</exception>
    public static RenderPlan FromJson(string json)
    {
        JsonObject plan = JsonNode.Parse(json) as JsonObject ?? throw new JsonException("A plan is a JSON object.");
        int format = plan["format"] is { } written ? written.GetValueKind() == JsonValueKind.Number && written.AsValue().TryGetValue(out int number) ? number : 0 : 1;
        if (format is < 1 or > CurrentFormat)
        {
            throw new PlanException($"The plan has the format {plan["format"]!.ToJsonString()[..Math.Min(20, plan["format"]!.ToJsonString().Length)]}; this program reads 1 to {CurrentFormat}. Take the version that wrote it, or a later one.");
        }

        // What is left out has the value that a new plan has; the generated reader would take the type's zero.
        foreach ((string name, Func<JsonNode> value) in Defaults)
        {
            if (!plan.ContainsKey(name))
            {
                plan[name] = value();
            }
        }

        if (plan["objective"] is JsonObject objective)
        {
            GiveWeights(objective);
            if (format == 1)
            {
                objective["kind"] = "channel";
            }
        }

        plan["format"] = CurrentFormat;
        return plan.Deserialize(RenderPlanJson.Default.RenderPlan) ?? throw new JsonException("The plan is null.");
    }

    /// <summary>The pictures from <paramref name="first"/> on as a plan of their own; they come out the same.</summary>
    public RenderPlan Slice(int first, int count) => this with
    {
        Seeds = Seeds.Slice(first, count),
        Objective = Objective.Slice(first, count),
    };

    /// <summary>Checks the plan by itself and against a network.</summary>
    /// <exception cref="PlanException">Something does not fit; the message says what would.</exception>
    public void Validate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (Iterations is < 1 or > MostIterations)
        {
            throw new PlanException($"The number of iterations is {Iterations}; it must be between 1 and {MostIterations}.");
        }

        if (Seeds.IsDefaultOrEmpty || (Objective.Count is int described && described != Seeds.Length))
        {
            throw new PlanException($"{(Seeds.IsDefault ? 0 : Seeds.Length)} seeds for an objective of {Objective.Count?.ToString() ?? "any number of"} pictures; there must be one of each per picture.");
        }

        if (Seeds.Length % Objective.GroupSize != 0)
        {
            throw new PlanException($"The objective compares pictures in groups of {Objective.GroupSize}, and {Seeds.Length} pictures are no whole number of groups.");
        }

        if (Height < 1 || Width < 1)
        {
            throw new PlanException($"The picture is {Height} x {Width}; both sides must be at least 1.");
        }

        if (!(Objective.Weight >= 0) || !double.IsFinite(Objective.Weight))
        {
            throw new PlanException($"The weight of the activation is {Objective.Weight}; it must be a finite number, 0 or more.");
        }

        Objective.Validate(network);
        ValidateStages();
        if (Objective.Weight == 0 && !Regularizers.Any(r => r.Weight != 0))
        {
            throw new PlanException("The weights of the activation and of all regularisers are 0, so there is nothing to optimise.");
        }

        Spec(network).Validate(network);
        TensorShape start = Start is PictureStart ? PictureShape : ParametersShape;
        Start.Validate(start.H, start.W);
        Optimizer.Validate();
        Schedule?.Validate(Iterations);
        BlurEvery?.Validate(PictureShape, ParametersShape);
        ValidateGuide();
        Octaves?.Validate(Height, Width, network.Topology.SmallestInput);
        if (Octaves is not null && Objective.GroupSize > 1)
        {
            throw new PlanException("Octaves are drawn picture by picture, and the objective compares pictures; leave out one of them.");
        }

        if (Octaves is not null && Spec(network).Last.Kind == LayerKind.Dense)
        {
            throw new PlanException($"The dense layers take one size of picture, and octaves are several; take a convolution or pooling layer instead of '{Spec(network).Last.Name}'.");
        }

        foreach (Regularizer regularizer in Regularizers)
        {
            regularizer.Validate();
        }
    }

    /// <summary>The program that a run of this plan needs.</summary>
    /// <exception cref="PlanException">The network has no such layer.</exception>
    public ProgramSpec Spec(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return new ProgramSpec
        {
            Taps = Objective.Taps(network),
            Batch = Count,
            Height = InputShape.H,
            Width = InputShape.W,
            Top = Objective.ProgramTop,
            Preprocessing = Preprocessing,
            Precision = Precision,
            RescuedSteps = RescuedSteps,
        };
    }

    private static void GiveWeights(JsonObject objective)
    {
        objective["weight"] = objective.ContainsKey("weight") ? objective["weight"]?.DeepClone() : 1.0;
        foreach (JsonNode? term in objective["terms"] as JsonArray ?? [])
        {
            GiveWeights(term as JsonObject ?? throw new JsonException("A term of an objective is a JSON object."));
        }
    }

    private void ValidateGuide()
    {
        GuidedObjective? guided = Objective.Leaves.OfType<GuidedObjective>().FirstOrDefault();
        if ((guided is null) != (Guide is null))
        {
            throw new PlanException(guided is null
                ? $"A guide '{Guide!.Source}' is given, and the objective compares with none; add caricature(LAYER) or likeness(LAYER) to it."
                : $"'{guided.Describe(0)}' compares with a guide, and none is given: give a picture (--guide FILE or --seed-image FILE).");
        }

        if (Guide is not null && Transforms.Any(t => t.ReplacesPicture))
        {
            throw new PlanException("The picture is compared with a guide through the same random view, and a jitter that replaces the picture for good moves it away from the guide; take --jitter 0 or another preset.");
        }

        Guide?.Validate(Height, Width, "guide");
    }

    private void ValidateStages()
    {
        if (Views is < 1 or > MostViews)
        {
            throw new PlanException($"A step looks at {Views} views of each picture; 1 to {MostViews} are possible.");
        }

        if (Views > 1 && (!Transforms.Any(t => t.NumbersPerStep > 0) || Transforms.Any(t => t.ReplacesPicture)))
        {
            throw new PlanException(Transforms.Any(t => t.ReplacesPicture)
                ? "Several views of each picture, and a jitter that replaces it for good: there is one such picture in a step. Take one of the two."
                : "Several views of each picture, and no random transform, so that they would all be the same.");
        }

        TensorShape shape = PictureShape;
        foreach (Stage stage in Parameters.Reverse())
        {
            if (stage.IsTransform)
            {
                throw new PlanException($"'{stage.GetType().Name}' is a{(stage.NumbersPerStep > 0 ? " random" : "")} transform; it stands among the plan's transforms, not its parameters.");
            }

            stage.Validate(shape);
            shape = stage.InputShape(shape);
        }

        shape = PictureShape;
        bool replacing = true;
        foreach (Stage stage in Transforms)
        {
            if (stage.ReplacesPicture && (!replacing || Parameters.Length > 0))
            {
                throw new PlanException($"'{stage.GetType().Name}' replaces the picture, so it must come before all other transforms, in a plan whose parameters are the pixels.");
            }

            replacing &= stage.ReplacesPicture;
            stage.Validate(shape);
            shape = stage.OutputShape(shape);
        }
    }
}

/// <summary>Source-generated JSON of a plan, so that it works trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true,
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RenderPlan))]
internal sealed partial class RenderPlanJson : JsonSerializerContext;
