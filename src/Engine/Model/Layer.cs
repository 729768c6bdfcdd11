namespace VggCuda.Engine.Model;

/// <summary>One layer of a <see cref="Topology"/>, with Keras's name and index.</summary>
/// <param name="Index">Keras's index: 0 is the input; in VGG16 7 is block3_conv1, 22 is predictions.</param>
/// <param name="Name">Keras's name, such as <c>block3_conv1</c>.</param>
/// <param name="Kind">What it computes.</param>
/// <param name="Inputs">Channels (convolution, pooling) or values (dense, flatten) going in.</param>
/// <param name="Outputs">Channels or values coming out.</param>
/// <param name="Halvings">How many 2x2 poolings lie between the image and this layer's output.</param>
public sealed record Layer(int Index, string Name, LayerKind Kind, int Inputs, int Outputs, int Halvings)
{
    /// <summary>What follows the layer's sums, where it has weights.</summary>
    public Activation Activation { get; init; }

    /// <summary>
    /// Whether this is the last dense layer, whose units are the classes. Keras's VGG puts a softmax behind it; here a program's
    /// <see cref="Backends.ProgramSpec.Top"/> says whether logits or probabilities are wanted.
    /// </summary>
    public bool IsClassifier { get; init; }

    /// <summary>Number of weights and biases.</summary>
    public long ParameterCount => Kind switch
    {
        LayerKind.Convolution => (9L * Inputs * Outputs) + Outputs,
        LayerKind.Dense => ((long)Inputs * Outputs) + Outputs,
        _ => 0,
    };

    /// <summary>Whether the layer has a kernel and a bias.</summary>
    public bool HasWeights => Kind is LayerKind.Convolution or LayerKind.Dense;

    /// <summary>Whether an objective may look at this layer: convolutions, poolings and dense layers.</summary>
    public bool CanBeTapped => Kind is LayerKind.Convolution or LayerKind.MaxPool or LayerKind.Dense;

    /// <summary>Shape of the kernel as Keras stores it: (3, 3, in, out) or (in, out); empty without weights.</summary>
    public int[] KernelShape => Kind switch
    {
        LayerKind.Convolution => [3, 3, Inputs, Outputs],
        LayerKind.Dense => [Inputs, Outputs],
        _ => [],
    };
}
