using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>The graphs that can do a <see cref="ConvolutionRequest"/>. The ladder: fused ones first, then a bare convolution with our own kernel behind it.</summary>
internal enum ConvolutionVariant
{
    /// <summary>Forward: convolution + float32 bias (+ ReLU).</summary>
    FusedFloatBias,

    /// <summary>Forward: the same with the bias stored as the activations are, where an engine takes no float32 bias.</summary>
    FusedOwnBias,

    /// <summary>Forward: the convolution alone; bias and ReLU by our kernel.</summary>
    Bare,

    /// <summary>Backward: a forward convolution with weights turned by 180 degrees and with inputs and outputs exchanged, + mask.</summary>
    FusedTurned,

    /// <summary>Backward: cuDNN's backward-data operation + mask.</summary>
    FusedBackwardData,

    /// <summary>Backward: the turned convolution alone; the mask by our kernel, where there is one.</summary>
    BareTurned,

    /// <summary>Backward: the backward-data operation alone; the mask by our kernel, where there is one.</summary>
    BareBackwardData,
}

/// <summary>What a variant needs.</summary>
internal static class ConvolutionVariants
{
    /// <summary>Rungs of the ladder for a request; variants of one rung compete.</summary>
    public static ConvolutionVariant[][] Ladder(ConvolutionRequest request) => (request.Backward, request.Activation, request.Element) switch
    {
        (false, _, ElementType.Float32) => [[ConvolutionVariant.FusedFloatBias], [ConvolutionVariant.Bare]],
        (false, _, _) => [[ConvolutionVariant.FusedFloatBias], [ConvolutionVariant.FusedOwnBias], [ConvolutionVariant.Bare]],
        (true, true, _) => [[ConvolutionVariant.FusedTurned, ConvolutionVariant.FusedBackwardData], [ConvolutionVariant.BareTurned, ConvolutionVariant.BareBackwardData]],
        (true, false, _) => [[ConvolutionVariant.BareTurned, ConvolutionVariant.BareBackwardData]],
    };

    /// <summary>Whether the weights must be turned.</summary>
    public static bool NeedsTurnedWeights(this ConvolutionVariant variant) => variant is ConvolutionVariant.FusedTurned or ConvolutionVariant.BareTurned;

    /// <summary>Whether one of our kernels must follow.</summary>
    public static bool IsBare(this ConvolutionVariant variant) => variant is ConvolutionVariant.Bare or ConvolutionVariant.BareTurned or ConvolutionVariant.BareBackwardData;
}
