using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Operations;

/// <summary>How the network's activations and weights are stored on the device.</summary>
internal enum ElementType
{
    /// <summary>IEEE single.</summary>
    Float32,

    /// <summary>IEEE half.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,
}

/// <summary>Sizes and names of element types.</summary>
internal static class Elements
{
    /// <summary>How a precision stores its tensors.</summary>
    public static ElementType Of(Precision precision) => precision switch
    {
        Precision.Fp16 => ElementType.Float16,
        Precision.Bf16 => ElementType.BFloat16,
        _ => ElementType.Float32,
    };

    /// <summary>Bytes of an element.</summary>
    public static int Size(ElementType type) => type == ElementType.Float32 ? 4 : 2;

    /// <summary>Channels as stored: the next multiple of 8.</summary>
    public static int Pad(int channels) => (channels + 7) / 8 * 8;
}
