using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>target = source + deviation * a field of noise, the same numbers as on every backend.</summary>
internal sealed class Noise(KernelLibrary library)
{
    private readonly Kernel _noise = library.Kernel("Noise", "noise_f32");

    /// <summary>Device memory traffic: one read, one write.</summary>
    public static long Bytes(long count) => 8 * count;

    /// <summary>Queues it.</summary>
    /// <param name="source">float32 of the shape.</param>
    /// <param name="target">The same, overwritten; may be the source.</param>
    /// <param name="seeds">float32 (rows, N): whole numbers below 2^24.</param>
    /// <param name="step">One float32: the row that counts; beyond the table the last.</param>
    public void Launch(DevicePointer source, DevicePointer target, DevicePointer seeds, DevicePointer step, int rows, TensorShape shape, double deviation)
    {
        ImageParts cut = ImageParts.Of(shape);
        _noise.Launch(library.BlocksPerImage(cut.Count, shape.N), source, target, seeds, step, rows, shape.N, cut.Count, (float)(deviation * NoiseField.Scale));
    }
}
