using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>G g G^T of 3x3 filters to the transformed domain, one line of six products at a time, several filters side by side in a vector.</summary>
internal static unsafe class FilterTransform<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const float TwoThirds = 2f / 3f;
    private const float OneThird = 1f / 3f;
    private const float OddA = (float)(2.0 / 3.0 * 0.70710678118654752);
    private const float OddB = (float)(1.41421356237309505 / 6.0);

    /// <summary>Makes one line of the products of consecutive filters.</summary>
    /// <param name="line">0 to 5: products 6 line to 6 line + 5.</param>
    /// <param name="weights">Where the nine weights of the first filters lie.</param>
    /// <param name="target">Where the first of the line's products goes.</param>
    /// <param name="run">How many, and how far apart.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Line(int line, float* weights, float* target, in FilterRun run)
    {
        nint stride = run.WeightStride;
        nint lower = 3 * stride;
        nint last = 6 * stride;
        switch (line)
        {
            case 0:
                Outer(weights, target, run);
                break;
            case 1:
                Inner(-TwoThirds, -OddA, weights, lower, last, target, run);
                break;
            case 2:
                Inner(-TwoThirds, OddA, weights, lower, last, target, run);
                break;
            case 3:
                Inner(OneThird, OddB, weights + last, -lower, -last, target, run);
                break;
            case 4:
                Inner(OneThird, -OddB, weights + last, -lower, -last, target, run);
                break;
            default:
                Outer(weights + last, target, run);
                break;
        }
    }

    // The first row of weights as it is, or the last.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer(float* weights, float* target, in FilterRun run)
    {
        nint stride = run.WeightStride;
        nint products = run.ProductStride;
        for (int i = 0; i < run.Count; i++)
        {
            for (int x = 0; x < run.Columns * TLanes.Width; x += TLanes.Width)
            {
                float* w = weights + x;
                Products(TLanes.Load(w), TLanes.Load(w + stride), TLanes.Load(w + (2 * stride)), target + x, products);
            }

            weights += run.WeightStep;
            target += run.TargetStep;
        }
    }

    // factor (first + second / 2) + odd middle, of rows of weights.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Inner(float factor, float odd, float* first, nint middle, nint second, float* target, in FilterRun run)
    {
        TVector f = TLanes.Create(factor);
        TVector o = TLanes.Create(odd);
        TVector half = TLanes.Create(0.5f);
        nint stride = run.WeightStride;
        nint products = run.ProductStride;
        for (int i = 0; i < run.Count; i++)
        {
            for (int x = 0; x < run.Columns * TLanes.Width; x += TLanes.Width)
            {
                float* w = first + x;
                Products(
                    Row(w, middle, second, f, o, half),
                    Row(w + stride, middle, second, f, o, half),
                    Row(w + (2 * stride), middle, second, f, o, half),
                    target + x,
                    products);
            }

            first += run.WeightStep;
            target += run.TargetStep;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Row(float* first, nint middle, nint second, TVector factor, TVector odd, TVector half) =>
        TLanes.MultiplyAdd(odd, TLanes.Load(first + middle), TLanes.Multiply(factor, TLanes.MultiplyAdd(half, TLanes.Load(first + second), TLanes.Load(first))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(TVector g0, TVector g1, TVector g2, float* target, nint stride)
    {
        // -2/3 (g0 + g2 / 2) -+ 2a/3 g1 and (g0 / 2 + g2) / 3 +- b/6 g1.
        TVector half = TLanes.Create(0.5f);
        TVector even1 = TLanes.Multiply(TLanes.Create(-TwoThirds), TLanes.MultiplyAdd(half, g2, g0));
        TVector even2 = TLanes.Multiply(TLanes.Create(OneThird), TLanes.MultiplyAdd(half, g0, g2));
        TVector factor1 = TLanes.Create(OddA);
        TVector factor2 = TLanes.Create(OddB);
        TLanes.Store(target, g0);
        TLanes.Store(target + stride, TLanes.NegatedMultiplyAdd(factor1, g1, even1));
        TLanes.Store(target + (2 * stride), TLanes.MultiplyAdd(factor1, g1, even1));
        TLanes.Store(target + (3 * stride), TLanes.MultiplyAdd(factor2, g1, even2));
        TLanes.Store(target + (4 * stride), TLanes.NegatedMultiplyAdd(factor2, g1, even2));
        TLanes.Store(target + (5 * stride), g2);
    }
}
