using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Resamples each image through an affine map of its own, and the adjoint, which gathers.</summary>
internal sealed class Warp(KernelLibrary library)
{
    private readonly Kernel _warp = library.Kernel("Warp", "warp_f32");
    private readonly Kernel _backward = library.Kernel("Warp", "warp_backward_f32");

    /// <summary>Device memory traffic, either way: one read, one write.</summary>
    public static long Bytes(TensorShape from, TensorShape to) => 4 * (from.Count + to.Count);

    /// <summary>Queues target[n, i, j, c] = source[n, y, x, c] at y = m0 i + m1 j + m2, x = m3 i + m4 j + m5.</summary>
    /// <param name="source">float32 of its shape.</param>
    /// <param name="sourceShape">(N, h, w, C).</param>
    /// <param name="target">float32 of its shape, overwritten; not the source.</param>
    /// <param name="targetShape">(N, H, W, C).</param>
    /// <param name="maps">float32 (rows, N, 1, 6).</param>
    /// <param name="step">One float32: the row of the table that counts; beyond it the last.</param>
    /// <param name="outside">What lies around the source.</param>
    public void Forward(DevicePointer source, TensorShape sourceShape, DevicePointer target, TensorShape targetShape, DevicePointer maps, DevicePointer step, int rows, double outside)
    {
        _warp.Launch(
            Grid(sourceShape, targetShape), source, target, maps, step, rows, targetShape.N,
            sourceShape.H, sourceShape.W, targetShape.H, targetShape.W, targetShape.C, (float)outside, Back(outside));
    }

    /// <summary>Queues target[n, y, x, c] = sum over (i, j), in row-major order, of gradient[n, i, j, c] times the weight that (y, x) had there.</summary>
    /// <param name="gradient">float32 of its shape.</param>
    /// <param name="gradientShape">(N, H, W, C).</param>
    /// <param name="target">float32 of its shape, overwritten; not the gradient.</param>
    /// <param name="targetShape">(N, h, w, C).</param>
    /// <param name="maps">As for <see cref="Forward"/>.</param>
    /// <param name="step">As for <see cref="Forward"/>.</param>
    public void Backward(DevicePointer gradient, TensorShape gradientShape, DevicePointer target, TensorShape targetShape, DevicePointer maps, DevicePointer step, int rows) =>
        _backward.Launch(
            Grid(gradientShape, targetShape), gradient, target, maps, step, rows, targetShape.N, gradientShape.H, gradientShape.W, targetShape.H, targetShape.W, targetShape.C);

    /// <summary>What is added again: -0 in place of 0, which changes no number, not even the sign of 0.</summary>
    public static float Back(double outside) => outside == 0 ? -0f : (float)outside;

    private Dim3 Grid(TensorShape from, TensorShape to)
    {
        _ = ImageParts.Of(from);
        _ = ImageParts.Of(to);
        return library.BlocksPerImage(to.CountPerImage, to.N);
    }
}
