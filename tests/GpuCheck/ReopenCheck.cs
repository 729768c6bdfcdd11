using System.Diagnostics;
using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Kernels;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.GpuCheck;

/// <summary>After an illegal address: the typed error, what a second backend in the same process meets, and that a new process works.</summary>
internal static class ReopenCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        result.Columns("what", "found");
        using (CudaBackend backend = settings.Open())
        {
            using ITensor tensor = backend.Allocate(new TensorShape(1, 4, 4, 3));
            new Fill(backend.KernelLibrary).Launch(((CudaTensor)tensor).Pointer + (1L << 44), 8, 1);
            try
            {
                backend.Synchronize();
                result.Fail("a kernel wrote far beyond its memory, and nothing was said");
            }
            catch (CudaFatalException e)
            {
                result.Row("the error", e.Message);
            }

            try
            {
                backend.Fill(tensor, 1);
                result.Fail("the backend takes work after a fatal error");
            }
            catch (CudaFatalException e)
            {
                result.Row("the next call", e.Message);
            }
        }

        try
        {
            Open(settings, result);
            result.Row("a second backend in this process", "works");
        }
        catch (DeviceException e)
        {
            result.Row("a second backend in this process", $"{e.GetType().Name}: {e.Message}");
        }

        ProcessStartInfo start = new(Environment.ProcessPath!, ["open", "--device", settings.Device.ToString(CultureInfo.InvariantCulture), "--scratch", settings.Scratch]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        result.Row("a new process", process.ExitCode == 0 ? "works" : $"exit code {process.ExitCode}: {said.Trim()}");
        result.Require(process.ExitCode == 0, "a new process does not work either");
    }

    /// <summary>A backend that opens and computes.</summary>
    public static void Open(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        using ITensor tensor = backend.Allocate(new TensorShape(1, 1, 1, 2));
        backend.Fill(tensor, 3);
        double[] values = new double[2];
        backend.Download(tensor, values);
        result.Require(values is [3, 3], "a fill gives something else");
    }
}
