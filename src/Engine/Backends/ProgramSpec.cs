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
    /// <summary>The layer looked at: a convolution, a pooling or a dense layer. Nothing above it is computed.</summary>
    public required Layer Tap { get; init; }

    /// <summary>Images per batch, 1 or more.</summary>
    public required int Batch { get; init; }

    /// <summary>Rows of the image, the network's smallest input (32) or more.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of the image, the same.</summary>
    public required int Width { get; init; }

    /// <summary>
    /// Channels (or units) wanted of the tap: one list per image, all of one length; -1 fills up a shorter list and yields zeros.
    /// Default (empty): all channels of every image.
    /// </summary>
    public ImmutableArray<ImmutableArray<int>> Channels { get; init; } = [];

    /// <summary>Before or after the tap layer's activation.</summary>
    public TapPoint Point { get; init; } = TapPoint.AfterActivation;

    /// <summary>Logits or probabilities, where the tap is the classifier.</summary>
    public TopActivation Top { get; init; } = TopActivation.Linear;

    /// <summary>What happens to the image on its way in.</summary>
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Vgg16;

    /// <summary>The network's arithmetic.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Whether <see cref="INetworkProgram.Backward"/> will be called.</summary>
    public bool NeedsGradient { get; init; } = true;

    /// <summary>Whether the tap is probabilities: the softmax behind the classifier.</summary>
    public bool HasSoftmax => Tap.IsClassifier && Top == TopActivation.Softmax && Point == TapPoint.AfterActivation;

    /// <summary>Channels delivered per image.</summary>
    public int ChannelCount => Channels.IsDefaultOrEmpty ? Tap.Outputs : Channels[0].Length;

    /// <summary>Shape of the image batch.</summary>
    public TensorShape InputShape => new(Batch, Height, Width, 3);

    /// <summary>Shape of the tap.</summary>
    public TensorShape TapShape
    {
        get
        {
            (int h, int w) = Topology.OutputSize(Tap, Height, Width);
            return new TensorShape(Batch, h, w, ChannelCount);
        }
    }

    /// <summary>Whether the program computes a layer's ReLU: not where the tap is before it.</summary>
    public bool HasRelu(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Activation == Activation.Relu && (layer != Tap || Point == TapPoint.AfterActivation);
    }

    /// <summary>Checks the spec against a network.</summary>
    /// <exception cref="ArgumentException">It does not fit; the message says what would.</exception>
    public void Validate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Topology topology = network.Topology;
        if (Tap.Index >= topology.Layers.Length || topology.Layers[Tap.Index] != Tap)
        {
            throw new ArgumentException($"Layer '{Tap.Name}' is not one of this network's.");
        }

        if (!Tap.CanBeTapped)
        {
            throw new ArgumentException($"Layer '{Tap.Name}' has no filters to look at; take a convolution, pooling or dense layer.");
        }

        if (Batch < 1)
        {
            throw new ArgumentException($"The batch is {Batch}; it must be at least 1.");
        }

        int smallest = topology.SmallestInput;
        if (Height < smallest || Width < smallest)
        {
            throw new ArgumentException($"The image is {Height} x {Width}; {topology.Name} needs at least {smallest} x {smallest}.");
        }

        if (Height > 16384 || Width > 16384)
        {
            throw new ArgumentException($"The image is {Height} x {Width}; at most 16384 x 16384 are supported.");
        }

        if (Tap.Kind == LayerKind.Dense && topology.Head is { } head && (Height / smallest != head.Grid || Width / smallest != head.Grid))
        {
            throw new ArgumentException($"The image is {Height} x {Width}; the dense layers of this network need {topology.FixedInputSize} x {topology.FixedInputSize}.");
        }

        if (!Channels.IsDefaultOrEmpty)
        {
            if (Channels.Length != Batch)
            {
                throw new ArgumentException($"{Channels.Length} channel lists for a batch of {Batch}.");
            }

            foreach (ImmutableArray<int> list in Channels)
            {
                if (list.IsDefaultOrEmpty || list.Length != Channels[0].Length)
                {
                    throw new ArgumentException("Channel lists must be of one length, at least 1.");
                }

                foreach (int channel in list)
                {
                    if (channel < -1 || channel >= Tap.Outputs)
                    {
                        throw new ArgumentException($"'{Tap.Name}' has no channel {channel}; its channels are 0 to {Tap.Outputs - 1}.");
                    }
                }
            }
        }
    }
}
