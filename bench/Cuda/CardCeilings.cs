using VggCuda.Engine.Backends;
using VggCuda.Kernels;

namespace VggCuda.Bench.Cuda;

/// <summary>What this very card does at most, measured: the yardstick of floors.</summary>
/// <param name="Products">Multiplications and additions a second: a large matrix product by cuBLAS.</param>
/// <param name="Bytes">Bytes of its memory a second: the fastest of copying, filling and summing a large array.</param>
internal sealed record CardCeilings(double Products, double Bytes)
{
    /// <summary>Measures both; a second or so.</summary>
    /// <param name="backend">The card.</param>
    /// <param name="precision">Of the products.</param>
    /// <param name="tiny">For trying it out: sizes that say nothing.</param>
    public static CardCeilings Measure(CudaBackend backend, Precision precision, bool tiny)
    {
        using KernelCases cases = new(backend.Context, backend.Stream, tiny ? 16 : 1);
        double bytes = cases.Ceiling().Max(c => c.Bytes / KernelBench.Median(backend, c, tiny) * 1e6);
        cases.Release();
        return new CardCeilings(ProductCeiling.Measure(backend, precision, tiny ? 32 : 8192) * 1e12, bytes);
    }
}
