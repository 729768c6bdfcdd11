using System.Collections.Immutable;

namespace VggCuda.Engine.Backends;

/// <summary>The network up to its highest tap, compiled for one batch size and input size: forwards, and backwards to the image.</summary>
/// <remarks>Used like its backend: by one thread at a time, whichever.</remarks>
public interface INetworkProgram : IDisposable
{
    /// <summary>What it was compiled for.</summary>
    ProgramSpec Spec { get; }

    /// <summary>Shape of the image: (batch, height, width, 3).</summary>
    TensorShape InputShape { get; }

    /// <summary>What the last <see cref="Forward"/> found at each tap of the spec, in its order: (batch, h, w, channels wanted). They belong to the program.</summary>
    ImmutableArray<ITensor> Taps { get; }

    /// <summary>The first of <see cref="Taps"/>.</summary>
    ITensor Tap => Taps[0];

    /// <summary>What the last backward pass found at a tap: the gradient of everything above it with respect to its values, and what was given at the tap itself. The shape is the tap's; of a channel named twice both get the whole gradient. Belongs to the program.</summary>
    /// <param name="tap">Its place in the spec's list.</param>
    /// <exception cref="InvalidOperationException">The spec did not ask for it (<see cref="TapSpec.WantsGradient"/>, <see cref="ProgramSpec.NeedsGradient"/>).</exception>
    ITensor TapGradient(int tap);

    /// <summary>Runs the network on an image and fills <see cref="Taps"/>.</summary>
    /// <param name="input">(batch, height, width, 3), raw or RGB 0..255 according to the spec; not changed.</param>
    void Forward(ITensor input);

    /// <summary>Carries gradients at the taps back to the image, with the ReLU and pooling decisions of the last <see cref="Forward"/>.</summary>
    /// <param name="tapGradients">One per tap, of its shape, or null where nothing is given there; not changed. At least one is given.</param>
    /// <param name="inputGradient">Shape of the input, same channel order; overwritten. Null where only gradients at taps are wanted: then nothing below the lowest of those is computed.</param>
    /// <param name="step">The number of steps done before, as a tensor of one element; needed where the spec rescues dead units in the first of them (<see cref="ProgramSpec.RescuedSteps"/>), else not looked at.</param>
    /// <remarks>ReLU passes what <see cref="ProgramSpec.Relu"/> says, plainly nothing where its input was at most 0. Max-pooling passes the gradient to the first maximum in row-major order of its window. A gradient given after an activation passes the layer's own ReLU too.</remarks>
    /// <exception cref="InvalidOperationException">The spec asked for no gradient, or no forward pass came before.</exception>
    void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step = null);

    /// <summary>The same for a program of one tap.</summary>
    void Backward(ITensor tapGradient, ITensor inputGradient) => Backward(new ReadOnlySpan<ITensor?>(ref tapGradient!), inputGradient);
}
