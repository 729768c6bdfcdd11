using VggCuda.Kernels.Cudnn;

namespace VggCuda.Kernels.Operations;

/// <summary>Between float32 and the network's number types.</summary>
internal sealed class Convert(KernelLibrary library)
{
    private readonly Kernel _narrowHalf = library.Kernel("Convert", "narrow_f16");
    private readonly Kernel _narrowBrain = library.Kernel("Convert", "narrow_bf16");
    private readonly Kernel _widenHalf = library.Kernel("Convert", "widen_f16");
    private readonly Kernel _widenBrain = library.Kernel("Convert", "widen_bf16");
    private readonly Copy _copy = new(library);

    /// <summary>Device memory traffic, either way: one read, one write.</summary>
    public static long Bytes(long count, ElementType type) => (4L + ElementKernels.Size(type)) * count;

    /// <summary>Queues target = T(source), rounded to nearest, ties to even.</summary>
    /// <param name="source">float32 (count), aligned to 16 bytes.</param>
    /// <param name="target">T (count), aligned to 16 bytes.</param>
    public void Narrow(ulong source, ulong target, long count, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float32:
                _copy.Launch(source, target, count);
                break;
            default:
                (type == ElementType.Float16 ? _narrowHalf : _narrowBrain).Launch(library.Blocks(count / 8), source, target, count);
                break;
        }
    }

    /// <summary>Queues target = float32(source).</summary>
    /// <param name="source">T (count), aligned to 16 bytes.</param>
    /// <param name="target">float32 (count), aligned to 16 bytes.</param>
    public void Widen(ulong source, ulong target, long count, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float32:
                _copy.Launch(source, target, count);
                break;
            default:
                (type == ElementType.Float16 ? _widenHalf : _widenBrain).Launch(library.Blocks(count / 8), source, target, count);
                break;
        }
    }
}
