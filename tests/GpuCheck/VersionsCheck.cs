using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>Versions, devices, which libraries were found where; that a backend opens, and what that takes.</summary>
internal static class VersionsCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        CudaProbe probe = CudaDevices.Probe();
        result.Note($"driver CUDA {probe.DriverVersion}, cuDNN {probe.CudnnVersion}, cuBLAS {probe.CublasVersion}, .NET {Environment.Version}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors");
        foreach (string problem in probe.Problems)
        {
            result.Fail(problem);
        }

        result.Columns("device", "name", "compute capability", "memory MiB", "multiprocessors", "PCI");
        foreach (CudaDevice device in probe.Devices)
        {
            result.Row($"cuda:{device.Ordinal}", device.Name, device.ComputeCapability, device.MemoryBytes >> 20, device.Multiprocessors, device.BusId);
        }

        foreach (string line in probe.Log)
        {
            result.Note(line);
        }

        Stopwatch watch = Stopwatch.StartNew();
        using CudaBackend backend = settings.Open();
        result.Note(string.Create(CultureInfo.InvariantCulture, $"opened in {watch.Elapsed.TotalSeconds:F2} s: {string.Join(", ", backend.Description.Details.Select(d => $"{d.Key} {d.Value}"))}"));
        watch.Restart();
        settings.Open().Dispose();
        result.Note(string.Create(CultureInfo.InvariantCulture, $"opened once more in {watch.Elapsed.TotalSeconds:F2} s"));
    }
}
