namespace VggCuda.Engine.Backends;

/// <summary>The network up to a tap, compiled for one batch size and input size: forwards, and backwards to the image.</summary>
public interface INetworkProgram : IDisposable
{
    /// <summary>What it was compiled for.</summary>
    ProgramSpec Spec { get; }

    /// <summary>Shape of the image: (batch, height, width, 3).</summary>
    TensorShape InputShape { get; }

    /// <summary>What the last <see cref="Forward"/> found: (batch, h, w, channels wanted). Belongs to the program.</summary>
    ITensor Tap { get; }

    /// <summary>Runs the network on an image and fills <see cref="Tap"/>.</summary>
    /// <param name="input">(batch, height, width, 3), raw or RGB 0..255 according to the spec; not changed.</param>
    void Forward(ITensor input);

    /// <summary>Carries a gradient at the tap back to the image, with the ReLU and pooling decisions of the last <see cref="Forward"/>.</summary>
    /// <param name="tapGradient">Shape of <see cref="Tap"/>; not changed.</param>
    /// <param name="inputGradient">Shape of the input, same channel order; overwritten.</param>
    /// <remarks>ReLU passes nothing where its input was at most 0. Max-pooling passes the gradient to the first maximum in row-major order of its window. Where the tap lies after the activation, the tap layer's own ReLU counts too.</remarks>
    /// <exception cref="InvalidOperationException">The spec asked for no gradient, or no forward pass came before.</exception>
    void Backward(ITensor tapGradient, ITensor inputGradient);
}
