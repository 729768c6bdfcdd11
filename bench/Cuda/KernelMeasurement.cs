using VggCuda.Kernels;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Interop;

namespace VggCuda.Bench.Cuda;

/// <summary>Times every kernel of our own by CUDA events.</summary>
internal static class KernelMeasurement
{
    /// <summary>Runs all cases.</summary>
    /// <param name="backend">Where.</param>
    /// <param name="tiny">Sizes at which a processor can stand in for the GPU; the figures then say nothing.</param>
    /// <param name="report">Gets each figure as it is found.</param>
    /// <returns>The memory's measured speed in GB/s: the fastest of the first four cases.</returns>
    public static double Run(CudaBackend backend, bool tiny, Action<KernelFigure> report)
    {
        using KernelCases cases = new(backend.Context, backend.Stream, tiny ? 16 : 1);
        double fastest = 0;
        double ceiling = 0;
        Time(cases.Ceiling());
        ceiling = fastest;
        int many = tiny ? 2 : 256;
        foreach (int images in (int[])[1, many])
        {
            Time(cases.Images(images));
            foreach (ElementType type in Enum.GetValues<ElementType>())
            {
                Time(cases.Network(images == 1 ? 1 : Math.Min(many, 16), type));
            }

            Time(cases.Top(images));
        }

        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            foreach (int images in (int[])[1, 3])
            {
                Time(cases.Dense(images, type));
            }
        }

        return ceiling;

        void Time(IEnumerable<KernelCase> list)
        {
            foreach (KernelCase one in list)
            {
                double microseconds = Median(backend, one, tiny);
                double rate = one.Bytes / microseconds / 1e3;
                fastest = Math.Max(fastest, rate);
                report(new KernelFigure(one.Name, one.Size, one.Bytes, microseconds, rate, ceiling > 0 ? rate / ceiling : 0));
            }

            cases.Release();
        }
    }

    // Launches are captured and replayed, or the host's part of a launch would be measured; the median of several replays
    // counts, the first not among them.
    private static double Median(CudaBackend backend, KernelCase one, bool tiny)
    {
        int launches = tiny ? 1 : 20;
        double[] times = new double[tiny ? 1 : 15];
        one.Launch();
        using CudaGraph graph = backend.Stream.Capture(() =>
        {
            for (int i = 0; i < launches; i++)
            {
                one.Launch();
            }
        });
        using CudaEvent start = CudaEvent.Create(backend.Context, timing: true);
        using CudaEvent end = CudaEvent.Create(backend.Context, timing: true);
        graph.Launch(backend.Stream);
        for (int i = 0; i < times.Length; i++)
        {
            start.Record(backend.Stream);
            graph.Launch(backend.Stream);
            end.Record(backend.Stream);
            end.Synchronize();
            times[i] = CudaEvent.Milliseconds(start, end) * 1000 / launches;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }
}
