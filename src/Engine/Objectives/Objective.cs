using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>What a picture shall excite: one thing at some taps (<see cref="TapObjective"/>) or a sum of such.</summary>
/// <remarks>As a loss it is negative: -weight * what is to grow. Titles, file names and scores come from here, so that nobody else need know what an objective is made of.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ChannelObjective), "channel")]
[JsonDerivedType(typeof(NeuronObjective), "neuron")]
[JsonDerivedType(typeof(LayerObjective), "layer")]
[JsonDerivedType(typeof(DirectionObjective), "direction")]
[JsonDerivedType(typeof(InterpolationObjective), "interpolation")]
[JsonDerivedType(typeof(DiversityObjective), "diversity")]
[JsonDerivedType(typeof(AlignmentObjective), "alignment")]
[JsonDerivedType(typeof(CaricatureObjective), "caricature")]
[JsonDerivedType(typeof(LikenessObjective), "likeness")]
[JsonDerivedType(typeof(SumObjective), "sum")]
public abstract record Objective
{
    /// <summary>Factor; 0 or more for a plan's objective, of either sign for a term of a sum. keras-vis: 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Before or after the layer's activation; keras-vis: after.</summary>
    public TapPoint Point { get; init; } = TapPoint.AfterActivation;

    /// <summary>Logits or probabilities where the layer is the classifier; the recipe: logits.</summary>
    public TopActivation Top { get; init; } = TopActivation.Linear;

    /// <summary>What follows the classifier in the program: probabilities where a part of the objective wants them.</summary>
    [JsonIgnore]
    public virtual TopActivation ProgramTop => Top;

    /// <summary>Number of pictures that it describes, or null where it is the same for every picture.</summary>
    [JsonIgnore]
    public abstract int? Count { get; }

    /// <summary>How many pictures, one behind the other, depend on each other and have to be drawn in one batch; 1 where none does.</summary>
    [JsonIgnore]
    public virtual int GroupSize => 1;

    /// <summary>What it is the sum of: itself, or a sum's terms with their weights multiplied.</summary>
    [JsonIgnore]
    public abstract ImmutableArray<TapObjective> Leaves { get; }

    /// <summary>The taps that it looks at, one or more: those of its leaves, one behind the other.</summary>
    /// <param name="network">Where the layers are.</param>
    /// <exception cref="PlanException">The network has no such layer.</exception>
    public abstract ImmutableArray<TapSpec> Taps(Network network);

    /// <summary>The one side of input that its layers take, in pixels, or null where they take any: the dense layers take one.</summary>
    /// <param name="network">Where the layers are.</param>
    /// <exception cref="PlanException">The network has no such layer.</exception>
    public int? InputSize(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return Taps(network).Any(t => t.Layer.Kind == LayerKind.Dense) ? network.Topology.FixedInputSize : null;
    }

    /// <summary>The objective of some of the pictures.</summary>
    public abstract Objective Slice(int first, int count);

    /// <summary>The same objective, looked at before or after the activation; probabilities are always behind theirs.</summary>
    public virtual Objective At(TapPoint point) => Top == TopActivation.Softmax ? this : this with { Point = point };

    /// <summary>The taps that <see cref="Score"/> reads of a clean picture; logits where the layer is the classifier.</summary>
    public virtual ImmutableArray<TapSpec> ScoredTaps(Network network) => Taps(network);

    /// <summary>What the network makes of a clean picture.</summary>
    /// <param name="picture">Its place in the objective.</param>
    /// <param name="taps">Values of <see cref="ScoredTaps"/> for this picture alone, with their shapes.</param>
    /// <param name="network">The network.</param>
    public abstract PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network);

    /// <summary>A picture's subject in a message: <c>predictions 3+4</c>.</summary>
    public abstract string Describe(int picture);

    /// <summary>A picture's label: <c>20 bird</c>, <c>3 + 4</c>.</summary>
    /// <param name="picture">Its place in the objective.</param>
    /// <param name="network">Tells which layer is the classifier.</param>
    /// <param name="className">A class's name, or null where it has none.</param>
    public abstract string Label(int picture, Network network, Func<int, string?> className);

    /// <summary>The names of what <see cref="PictureScore.Channels"/> judges, in its order: <c>bird (class 20)</c>, <c>filter 3</c>.</summary>
    /// <param name="picture">Its place in the objective.</param>
    /// <param name="network">Tells which layer is the classifier.</param>
    /// <param name="className">A class's name, or null where it has none.</param>
    public abstract ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className);

    /// <summary>All pictures in one line: <c>bird (class 20)</c>, <c>block3_conv1: filter 20, filter 21</c>.</summary>
    /// <param name="network">Tells which layer is the classifier.</param>
    /// <param name="className">A class's name, or null where it has none.</param>
    public abstract string Title(Network network, Func<int, string?> className);

    /// <summary>The name of a file that holds all pictures, without extension: <c>predictions-20</c>. Letters, digits and <c>_-+,@x</c> alone.</summary>
    public abstract string FileStem();

    /// <summary>Checks the settings by themselves; the taps are checked with the program's spec.</summary>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public virtual void Validate(Network network)
    {
        if (!double.IsFinite(Weight))
        {
            throw new PlanException($"The weight of '{FileStem()}' is {Weight}; it must be a finite number.");
        }
    }

    /// <summary>Finds a layer by name.</summary>
    /// <exception cref="PlanException">There is none.</exception>
    protected static Layer Find(Network network, string layer)
    {
        ArgumentNullException.ThrowIfNull(network);
        return network.Topology.Find(layer)
            ?? throw new PlanException($"The network has no layer '{layer}'; its layers are {string.Join(", ", network.Topology.Layers.Where(l => l.CanBeTapped).Select(l => l.Name))}.");
    }

    /// <summary>Class c as <c>bird (class 20)</c>, or <c>class 20</c> without a name.</summary>
    protected static string DescribeClass(int index, Func<int, string?> className)
    {
        ArgumentNullException.ThrowIfNull(className);
        return className(index) is { } name ? $"{name} (class {index})" : $"class {index}";
    }
}
