using System.Diagnostics;
using VggCuda.Engine.Backends.Cpu;

namespace VggCuda.Bench.Cpu;

/// <summary>What the processor's multiply-add units give: the engine's own matrix kernel on operands that stay in the first cache.</summary>
internal static unsafe class FmaPeak
{
    private const int Depth = 128;

    /// <summary>GFLOP/s, the best of several tries.</summary>
    public static double Measure(SimdLevel level, int threads)
    {
        LaneKernels kernels = LaneKernels.For(level, 64);
        int rows = kernels.MaxRows;
        using NativeBuffer buffer = NativeBuffer.OfFloats((long)threads * 16384);
        using WorkerPool pool = new(threads);
        Burst burst = new(kernels, buffer, rows, threads);
        double best = 0;
        for (int i = 0; i < 12; i++)
        {
            long start = Stopwatch.GetTimestamp();
            pool.Run(burst);
            double flops = 2.0 * rows * 2 * kernels.Width * Depth * Burst.Repeats * threads * Burst.Parts;
            best = Math.Max(best, flops / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        return best;
    }

    private sealed class Burst(LaneKernels kernels, NativeBuffer buffer, int rows, int threads) : Job
    {
        public const int Repeats = 400;
        public const int Parts = 8;

        public override int Chunks => threads * Parts;

        public override void Execute(int chunk, int worker)
        {
            float* a = buffer.Floats + (worker * 16384);
            for (int i = 0; i < Repeats; i++)
            {
                kernels.Gemm(2, rows, far: false)(a, a + 4096, a + 12288, Depth / 16, 16, 0, rows * 16, false);
            }
        }
    }
}
