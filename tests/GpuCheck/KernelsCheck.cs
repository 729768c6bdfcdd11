using VggCuda.Bench.Cuda;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>Every kernel of our own at VGG16's sizes: time, GB/s, share of the memory's measured speed. Under the sanitizer also the one run that launches all of them.</summary>
internal static class KernelsCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = CudaBackend.Open(settings.Device);
        result.Columns.AddRange(["kernel", "size", "us", "GB/s", "of ceiling"]);
        double ceiling = KernelMeasurement.Run(backend, settings.Small, figure =>
        {
            result.Require(figure.Microseconds > 0, $"{figure.Name}: no time was measured");
            result.Row(figure.Name, figure.Size, figure.Microseconds, figure.GigabytesPerSecond, figure.OfCeiling);
        });
        result.Notes.Add($"ceiling: {(int)ceiling} GB/s, the fastest of the first four; above 1 the caches serve; GB/s by the traffic that each launcher expects");
    }
}
