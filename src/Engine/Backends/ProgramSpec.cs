using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends;

/// <summary>Where at the tap layer the objective looks.</summary>
public enum TapPoint
{
    /// <summary>After the layer's ReLU (or softmax, where the top has one), as keras-vis does.</summary>
    AfterActivation,

    /// <summary>Before it: a unit that is off still has a gradient.</summary>
    BeforeActivation,
}

/// <summary>What follows the last dense layer.</summary>
public enum TopActivation
{
    /// <summary>Nothing: logits. What keras-vis's VGG16 and the recipe use.</summary>
    Linear,

    /// <summary>Softmax over all classes: probabilities.</summary>
    Softmax,
}

/// <summary>Arithmetic of the network. Accumulation is float32 (double on the reference backend) in all of them.</summary>
public enum Precision
{
    /// <summary>The backend's own choice.</summary>
    Auto,

    /// <summary>Strict float32.</summary>
    Fp32,

    /// <summary>Float32 storage, products on TF32 tensor cores (10-bit mantissa).</summary>
    Tf32,

    /// <summary>IEEE half precision storage and products.</summary>
    Fp16,

    /// <summary>bfloat16 storage and products.</summary>
    Bf16,
}

/// <summary>What a network program computes.</summary>
public sealed record ProgramSpec
{
    /// <summary>The places looked at, one or more, in any order; nothing above the highest is computed.</summary>
    public required ImmutableArray<TapSpec> Taps { get; init; }

    /// <summary>Images per batch, 1 or more.</summary>
    public required int Batch { get; init; }

    /// <summary>Rows of the image, the network's smallest input (32) or more.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the image, the same.</summary>
    public required int Width { get; init; }

    /// <summary>Logits or probabilities, where a tap is the classifier.</summary>
    public TopActivation Top { get; init; } = TopActivation.Linear;

    /// <summary>How gradients pass a ReLU.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <summary>
    /// In the first so many steps, for each image and ReLU by itself: where nothing of the gradient g of a loss passes the ReLU, what would raise its
    /// input does, min(g, 0), so that units that are off everywhere are woken. Afterwards, and for 0, the derivative alone. With <see cref="ReluRule.Plain"/> only.
    /// </summary>
    /// <remarks>lucid <c>redirected_relu_grad</c> in the first 17 steps.</remarks>
    public int RescuedSteps { get; init; }

    /// <summary>What happens to the image on its way in.</summary>
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Vgg16;

    /// <summary>The network's arithmetic.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Whether <see cref="INetworkProgram.Backward(ReadOnlySpan{ITensor}, ITensor, ITensor)"/> will be called.</summary>
    public bool NeedsGradient { get; init; } = true;

    /// <summary>The highest layer that is computed.</summary>
    public Layer Last => Taps.Select(t => t.Layer).MaxBy(l => l.Index)!;

    /// <summary>Shape of the image batch.</summary>
    public TensorShape InputShape => new(Batch, Height, Width, 3);

    /// <summary>Shape of a tap's values.</summary>
    /// <param name="tap">Its place in <see cref="Taps"/>.</param>
    public TensorShape TapShape(int tap = 0) => Taps[tap].Shape(Batch, Height, Width);

    /// <summary>Whether the program computes a layer's ReLU: not where nothing after it is wanted.</summary>
    public bool HasRelu(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Activation == Activation.Relu && (layer != Last || IsTapped(layer, TapPoint.AfterActivation));
    }

    /// <summary>Whether the program computes a softmax behind a layer.</summary>
    public bool HasSoftmax(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.IsClassifier && Top == TopActivation.Softmax && IsTapped(layer, TapPoint.AfterActivation);
    }

    /// <summary>Whether there is a tap at a layer and point.</summary>
    public bool IsTapped(Layer layer, TapPoint point) => Taps.Any(t => t.Layer == layer && t.Point == point);

    /// <summary>Checks the spec against a network.</summary>
    /// <exception cref="PlanException">It does not fit; the message says what would.</exception>
    public void Validate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Topology topology = network.Topology;
        if (Taps.IsDefaultOrEmpty)
        {
            throw new PlanException("A program needs at least one tap.");
        }

        if (Batch < 1)
        {
            throw new PlanException($"The batch is {Batch}; it must be at least 1.");
        }

        if (RescuedSteps < 0 || (RescuedSteps > 0 && Relu != ReluRule.Plain))
        {
            throw new PlanException(RescuedSteps < 0
                ? $"Dead units are rescued in {RescuedSteps} steps; it must be 0 or more."
                : $"Dead units are rescued where gradients pass a ReLU by its derivative; the rule is '{Relu}'.");
        }

        foreach (TapSpec tap in Taps)
        {
            tap.Validate(topology, Batch);
        }

        int smallest = topology.SmallestInput;
        if (Height < smallest || Width < smallest)
        {
            throw new PlanException($"The image is {Height} x {Width}; {topology.Name} needs at least {smallest} x {smallest}.");
        }

        if (Height > 16384 || Width > 16384)
        {
            throw new PlanException($"The image is {Height} x {Width}; at most 16384 x 16384 are supported.");
        }

        if (Last.Kind == LayerKind.Dense && !topology.HeadTakes(Height, Width))
        {
            throw new PlanException($"The image is {Height} x {Width}; the dense layers of this network need {topology.FixedInputSize} x {topology.FixedInputSize}.");
        }
    }
}
