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
        float* lower = weights + (3 * weightStride);
        float* last = weights + (6 * weightStride);
        Line(TLanes.Load(weights), TLanes.Load(weights + weightStride), TLanes.Load(weights + (2 * weightStride)), target, productStride);
        Pair(-2f / 3f, (float)(2.0 / 3.0 * 0.70710678118654752), weights, lower, last, weightStride, target + (6 * productStride), target + (12 * productStride), productStride);
        Pair(1f / 3f, (float)(1.41421356237309505 / 6.0), last, lower, weights, weightStride, target + (24 * productStride), target + (18 * productStride), productStride);
        Line(TLanes.Load(last), TLanes.Load(last + weightStride), TLanes.Load(last + (2 * weightStride)), target + (30 * productStride), productStride);
    }

    // Two rows of products from the sum and the difference of the same two terms: factor (first + second / 2) -+ odd middle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(float factor, float odd, float* first, float* middle, float* second, nint weightStride, float* minus, float* plus, nint productStride)
    {
        TVector e0 = Even(factor, first, second);
        TVector e1 = Even(factor, first + weightStride, second + weightStride);
        TVector e2 = Even(factor, first + (2 * weightStride), second + (2 * weightStride));
        TVector m0 = TLanes.Load(middle);
        TVector m1 = TLanes.Load(middle + weightStride);
        TVector m2 = TLanes.Load(middle + (2 * weightStride));
        TVector f = TLanes.Create(odd);
        Line(TLanes.NegatedMultiplyAdd(f, m0, e0), TLanes.NegatedMultiplyAdd(f, m1, e1), TLanes.NegatedMultiplyAdd(f, m2, e2), minus, productStride);
        Line(TLanes.MultiplyAdd(f, m0, e0), TLanes.MultiplyAdd(f, m1, e1), TLanes.MultiplyAdd(f, m2, e2), plus, productStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Even(float factor, float* first, float* second) =>
        TLanes.Multiply(TLanes.Create(factor), TLanes.MultiplyAdd(TLanes.Create(0.5f), TLanes.Load(second), TLanes.Load(first)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Line(TVector g0, TVector g1, TVector g2, float* target, nint stride)
    {
        // -2/3 (g0 + g2 / 2) -+ 2a/3 g1 and (g0 / 2 + g2) / 3 +- b/6 g1.
        TVector even1 = TLanes.Multiply(TLanes.Create(-2f / 3f), TLanes.MultiplyAdd(TLanes.Create(0.5f), g2, g0));
        TVector even2 = TLanes.Multiply(TLanes.Create(1f / 3f), TLanes.MultiplyAdd(TLanes.Create(0.5f), g0, g2));
        TVector factor1 = TLanes.Create((float)(2.0 / 3.0 * 0.70710678118654752));
        TVector factor2 = TLanes.Create((float)(1.41421356237309505 / 6.0));
        Store(target, g0);
        Store(target + stride, TLanes.NegatedMultiplyAdd(factor1, g1, even1));
        Store(target + (2 * stride), TLanes.MultiplyAdd(factor1, g1, even1));
        Store(target + (3 * stride), TLanes.MultiplyAdd(factor2, g1, even2));
        Store(target + (4 * stride), TLanes.NegatedMultiplyAdd(factor2, g1, even2));
        Store(target + (5 * stride), g2);
    }

    // The line that comes next is asked for: each of the 36 places is apart, and a processor waits for one missing line at a time when it stores.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* target, TVector value)
    {
        TLanes.Store(target, value);
        TLanes.Prefetch(target + 16);
    }
}
