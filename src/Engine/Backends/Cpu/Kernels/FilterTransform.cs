using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>G g G^T of 3x3 filters to the transformed domain, several filters side by side in a vector.</summary>
internal static unsafe class FilterTransform<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Transforms one vector of filters.</summary>
    /// <param name="weights">Weight 0 of the first filter; negative strides give the filter turned by 180 degrees.</param>
    /// <param name="weightStride">Floats from one of the nine weights to the next.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="target">Where product 0 goes.</param>
    /// <param name="scratch">18 vectors, aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform(float* weights, nint weightStride, nint productStride, float* target, float* scratch)
    {
        for (int x = 0; x < 3; x++)
        {
            Line(
                TLanes.Load(weights + (x * weightStride)),
                TLanes.Load(weights + ((x + 3) * weightStride)),
                TLanes.Load(weights + ((x + 6) * weightStride)),
                scratch + (x * TLanes.Width),
                3 * TLanes.Width);
        }

        for (int y = 0; y < 6; y++)
        {
            float* p = scratch + (y * 3 * TLanes.Width);
            Line(TLanes.Load(p), TLanes.Load(p + TLanes.Width), TLanes.Load(p + (2 * TLanes.Width)), target + (y * 6 * productStride), productStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(TVector g0, TVector g1, TVector g2, float* target, nint stride)
    {
        // -2/3 (g0 + g2 / 2) -+ 2a/3 g1 and (g0 / 2 + g2) / 3 +- b/6 g1.
        TVector even1 = TLanes.Multiply(TLanes.Create(-2f / 3f), TLanes.MultiplyAdd(TLanes.Create(0.5f), g2, g0));
        TVector even2 = TLanes.Multiply(TLanes.Create(1f / 3f), TLanes.MultiplyAdd(TLanes.Create(0.5f), g0, g2));
        TVector factor1 = TLanes.Create((float)(2.0 / 3.0 * 0.70710678118654752));
        TVector factor2 = TLanes.Create((float)(1.41421356237309505 / 6.0));
        TLanes.Store(target, g0);
        TLanes.Store(target + stride, TLanes.NegatedMultiplyAdd(factor1, g1, even1));
        TLanes.Store(target + (2 * stride), TLanes.MultiplyAdd(factor1, g1, even1));
        TLanes.Store(target + (3 * stride), TLanes.MultiplyAdd(factor2, g1, even2));
        TLanes.Store(target + (4 * stride), TLanes.NegatedMultiplyAdd(factor2, g1, even2));
        TLanes.Store(target + (5 * stride), g2);
    }
}
