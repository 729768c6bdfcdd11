using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>A matrix along the rows' axis and one along the columns': what a transform does that treats height and width by themselves.</summary>
internal static class AxisProducts
{
    /// <summary>output[y, x, c] = sum over k and l of R[y, k] input[k, l, c] K[x, l].</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="rows">R.</param>
    /// <param name="columns">K.</param>
    /// <param name="input">Channels innermost.</param>
    /// <param name="mixed">Work space of the output's rows and the input's columns, overwritten.</param>
    /// <param name="output">Overwritten.</param>
    public static void Forward(IImageOperations operations, ITensor rows, ITensor columns, ITensor input, ITensor mixed, ITensor output)
    {
        int channels = output.Shape.C;
        operations.Product(rows, input, mixed, input.Shape.W * channels, transposed: false);
        operations.Product(columns, mixed, output, channels, transposed: false);
    }

    /// <summary>The adjoint of <see cref="Forward"/>.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="rows">R.</param>
    /// <param name="columns">K.</param>
    /// <param name="outputGradient">With respect to the output.</param>
    /// <param name="mixed">Work space as in <see cref="Forward"/>, overwritten.</param>
    /// <param name="inputGradient">With respect to the input, overwritten.</param>
    public static void Backward(IImageOperations operations, ITensor rows, ITensor columns, ITensor outputGradient, ITensor mixed, ITensor inputGradient)
    {
        int channels = outputGradient.Shape.C;
        operations.Product(columns, outputGradient, mixed, channels, transposed: true);
        operations.Product(rows, mixed, inputGradient, inputGradient.Shape.W * channels, transposed: true);
    }
}
