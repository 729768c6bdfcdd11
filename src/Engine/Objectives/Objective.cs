using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>What a picture shall excite: the taps it looks at, a loss for each picture, and the loss's gradient at the taps.</summary>
/// <remarks>As a loss it is negative: -weight * what is to grow. Titles, file names and scores come from here, so that nobody else need know what an objective is made of.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ChannelObjective), "channel")]
[JsonDerivedType(typeof(NeuronObjective), "neuron")]
[JsonDerivedType(typeof(LayerObjective), "layer")]
public abstract record Objective
{
    /// <summary>Factor, 0 or more; keras-vis: 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Before or after the layer's activation; keras-vis: after.</summary>
    public TapPoint Point { get; init; } = TapPoint.AfterActivation;

    /// <summary>Logits or probabilities where the layer is the classifier; the recipe: logits.</summary>
    public TopActivation Top { get; init; } = TopActivation.Linear;

    /// <summary>Number of pictures that it describes, or null where it is the same for every picture.</summary>
    [JsonIgnore]
    public abstract int? Count { get; }

    /// <summary>Whether the gradient at the taps does not depend on their values: then <see cref="Prepare"/> fills it once.</summary>
    [JsonIgnore]
    public abstract bool IsConstant { get; }

    /// <summary>The taps that it looks at, one or more.</summary>
    /// <param name="network">Where the layers are.</param>
    /// <exception cref="PlanException">The network has no such layer.</exception>
    public abstract ImmutableArray<TapSpec> Taps(Network network);

    /// <summary>The objective of some of the pictures.</summary>
    public abstract Objective Slice(int first, int count);

    /// <summary>Before the run: fills the gradients at the taps with what is constant in them. They are zeros on entry.</summary>
    /// <param name="backend">The backend; the call lies outside a step.</param>
    /// <param name="gradients">One per tap, of its shape.</param>
    public virtual void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients)
    {
    }

    /// <summary>In each step: value[n] = the loss; where the objective is not constant, its gradient is added at the taps, which are zeros on entry.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="taps">What the network found.</param>
    /// <param name="gradients">One per tap, of its shape.</param>
    /// <param name="value">Per picture, overwritten.</param>
    public abstract void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value);

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
        if (!double.IsFinite(Weight) || Weight < 0)
        {
            throw new PlanException($"The weight of the activation is {Weight}; it must be a finite number, 0 or more.");
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
