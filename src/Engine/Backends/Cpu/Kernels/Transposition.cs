using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Rows to columns.</summary>
internal static unsafe class Transposition
{
    /// <summary>Transposes a square, four by four.</summary>
    /// <param name="from">Its first row.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="to">Gets the transposed rows.</param>
    /// <param name="toStride">Floats from one of these to the next.</param>
    /// <param name="edge">Rows and columns: a multiple of 4.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Square(float* from, nint stride, float* to, nint toStride, int edge)
    {
        for (int y = 0; y < edge; y += 4)
        {
            for (int x = 0; x < edge; x += 4)
            {
                Four(from + (y * stride) + x, stride, to + (x * toStride) + y, toStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(float* from, nint stride, float* to, nint edge)
    {
        Vector128<float> a = Vector128.Load(from);
        Vector128<float> b = Vector128.Load(from + stride);
        Vector128<float> c = Vector128.Load(from + (2 * stride));
        Vector128<float> d = Vector128.Load(from + (3 * stride));
        Vector128<float> low0;
        Vector128<float> low1;
        Vector128<float> high0;
        Vector128<float> high1;
        if (Sse.IsSupported)
        {
            (low0, low1, high0, high1) = (Sse.UnpackLow(a, c), Sse.UnpackLow(b, d), Sse.UnpackHigh(a, c), Sse.UnpackHigh(b, d));
            Sse.UnpackLow(low0, low1).Store(to);
            Sse.UnpackHigh(low0, low1).Store(to + edge);
            Sse.UnpackLow(high0, high1).Store(to + (2 * edge));
            Sse.UnpackHigh(high0, high1).Store(to + (3 * edge));
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            (low0, low1, high0, high1) = (AdvSimd.Arm64.ZipLow(a, c), AdvSimd.Arm64.ZipLow(b, d), AdvSimd.Arm64.ZipHigh(a, c), AdvSimd.Arm64.ZipHigh(b, d));
            AdvSimd.Arm64.ZipLow(low0, low1).Store(to);
            AdvSimd.Arm64.ZipHigh(low0, low1).Store(to + edge);
            AdvSimd.Arm64.ZipLow(high0, high1).Store(to + (2 * edge));
            AdvSimd.Arm64.ZipHigh(high0, high1).Store(to + (3 * edge));
        }
        else
        {
            for (int i = 0; i < 4; i++)
            {
                Vector128.Create(a[i], b[i], c[i], d[i]).Store(to + (i * edge));
            }
        }
    }
}
