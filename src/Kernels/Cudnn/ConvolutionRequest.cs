using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A 3x3 convolution of the network, or its way back to the data. Stride 1, padding 1; channels as stored, multiples of 8.</summary>
/// <param name="Backward">From the outputs' gradient to the inputs'.</param>
/// <param name="Images">Batch.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Inputs">Channels in (of the forward direction).</param>
/// <param name="Outputs">Channels out.</param>
/// <param name="Precision">Arithmetic; not Auto.</param>
/// <param name="Activation">Forward: a ReLU follows. Backward: the inputs came out of a ReLU, whose mask is applied to the result.</param>
internal sealed record ConvolutionRequest(bool Backward, int Images, int Height, int Width, int Inputs, int Outputs, Precision Precision, bool Activation)
{
    /// <summary>How tensors are stored.</summary>
    public ElementType Element => Elements.Of(Precision);

    /// <summary>Bytes of the inputs.</summary>
    public long InputBytes => (long)Images * Height * Width * Inputs * Elements.Size(Element);

    /// <summary>Bytes of the outputs.</summary>
    public long OutputBytes => (long)Images * Height * Width * Outputs * Elements.Size(Element);

    /// <summary>Bytes of the weights.</summary>
    public long WeightBytes => 9L * Inputs * Outputs * Elements.Size(Element);

    /// <summary>Multiplications and additions.</summary>
    public long Operations => 18L * Images * Height * Width * Inputs * Outputs;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Backward ? "backward" : "forward")} {Images}x{Height}x{Width} {Inputs}->{Outputs} {Precision.ToString().ToLowerInvariant()}{(Activation ? Backward ? " mask" : " relu" : "")}");
}
