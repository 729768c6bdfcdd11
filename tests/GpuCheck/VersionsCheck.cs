using System.Runtime.InteropServices;
using VggCuda.Kernels;

namespace VggCuda.GpuCheck;

/// <summary>Versions, devices, which libraries were found where; and that a backend opens.</summary>
internal static class VersionsCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        CudaProbe probe = CudaDevices.Probe();
        result.Notes.Add($"driver CUDA {probe.DriverVersion}, cuDNN {probe.CudnnVersion}, cuBLAS {probe.CublasVersion}, .NET {Environment.Version}, {RuntimeInformation.OSDescription}");
        foreach (string problem in probe.Problems)
        {
            result.Fail(problem);
        }

        result.Columns.AddRange(["device", "name", "compute capability", "memory MiB", "multiprocessors", "PCI"]);
        foreach (CudaDevice device in probe.Devices)
        {
            result.Row($"cuda:{device.Ordinal}", device.Name, device.ComputeCapability, device.MemoryBytes >> 20, device.Multiprocessors, device.BusId);
        }

        result.Notes.AddRange(probe.Log);
        using CudaBackend backend = CudaBackend.Open(settings.Device);
        result.Notes.Add("opened: " + string.Join(", ", backend.Description.Details.Select(d => $"{d.Key} {d.Value}")));
    }
}
