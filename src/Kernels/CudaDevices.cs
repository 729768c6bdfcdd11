using System.Globalization;
using System.Text;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>A GPU that the driver knows.</summary>
/// <param name="Ordinal">The number for <c>--device cuda:N</c>.</param>
/// <param name="Name">NVIDIA's name for it.</param>
/// <param name="ComputeCapability">Such as 9.0; 7.5 is the least that this code runs on.</param>
/// <param name="MemoryBytes">Device memory in all.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="BusId">PCI address.</param>
public sealed record CudaDevice(int Ordinal, string Name, Version ComputeCapability, long MemoryBytes, int Multiprocessors, string BusId)
{
    /// <summary>CUdevice.</summary>
    internal int Handle { get; init; }

    /// <summary>Whether our kernels run on it.</summary>
    public bool IsSupported => ComputeCapability >= new Version(7, 5);
}

/// <summary>What was found on this machine.</summary>
/// <param name="Devices">The GPUs; empty where there is none, or no driver.</param>
/// <param name="DriverVersion">The newest CUDA that the driver supports, or null without a driver.</param>
/// <param name="CudnnVersion">cuDNN's version, or null where it could not be loaded.</param>
/// <param name="CublasVersion">cuBLAS's version, or null where it could not be loaded.</param>
/// <param name="Problems">What stands in the way of using CUDA, each with the way out; empty when nothing does.</param>
/// <param name="Log">Every library that was tried, and which was chosen.</param>
public sealed record CudaProbe(
    IReadOnlyList<CudaDevice> Devices,
    Version? DriverVersion,
    Version? CudnnVersion,
    Version? CublasVersion,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Log)
{
    /// <summary>Whether a backend can be opened on the first device.</summary>
    public bool IsUsable => Problems.Count == 0 && Devices.Count > 0;
}

/// <summary>Looks for NVIDIA GPUs and the libraries that using them takes.</summary>
public static unsafe class CudaDevices
{
    private static readonly Version OldestDriver = new(12, 0);

    /// <summary>Looks, and never throws: what is missing is in the result.</summary>
    public static CudaProbe Probe()
    {
        List<string> problems = [];
        List<CudaDevice> devices = [];
        Version? driver = null;
        Version? cudnn = null;
        Version? cublas = null;
        try
        {
            if (!CudaLibraries.HasDriver())
            {
                problems.Add("No NVIDIA driver: libcuda (nvcuda.dll on Windows) did not load. Install the driver; in a container start it with GPU access (for example --gpus all).");
            }
            else
            {
                driver = DriverVersion();
                Look(driver, devices, problems);
                cudnn = CudnnVersion();
                cublas = CublasVersion();
                AddMissing(problems);
            }
        }
        catch (DeviceException e)
        {
            problems.Add(e.Message);
        }
        catch (EntryPointNotFoundException e)
        {
            problems.Add($"The library is too old or not what its name says: {e.Message}");
        }

        return new CudaProbe(devices, driver, cudnn, cublas, problems, CudaLibraries.Log);
    }

    /// <summary>The device to open.</summary>
    /// <exception cref="DeviceException">It cannot be opened; the message says why, and what to do.</exception>
    internal static CudaDevice Require(int ordinal)
    {
        RequireLibraries();
        int count = Count();
        if (count == 0)
        {
            throw new DeviceException("The NVIDIA driver sees no GPU. CUDA_VISIBLE_DEVICES may hide it; in a container start it with GPU access.");
        }

        if (ordinal < 0 || ordinal >= count)
        {
            throw new DeviceException($"There is no device cuda:{ordinal}; this machine has {(count == 1 ? "cuda:0 alone" : $"cuda:0 to cuda:{count - 1}")}.");
        }

        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int handle, ordinal));
        CudaDevice device = Describe(handle) with { Ordinal = ordinal };
        return device.IsSupported
            ? device
            : throw new DeviceException($"cuda:{ordinal} ({device.Name}) has compute capability {device.ComputeCapability}; 7.5 (Turing) or newer is needed.");
    }

    /// <summary>Throws unless driver, cuBLAS and cuDNN are all there.</summary>
    /// <exception cref="DeviceException">Something is missing; the message says what, and where it comes from.</exception>
    internal static void RequireLibraries()
    {
        if (!CudaLibraries.HasDriver())
        {
            throw new DeviceException("No NVIDIA driver: libcuda (nvcuda.dll on Windows) did not load. Install the driver, or take --device cpu. 'vggcuda devices --verbose' shows what was tried.");
        }

        if (DriverVersion() is Version version && version < OldestDriver)
        {
            throw new DeviceException(TooOld(version));
        }

        CudaCheck.ThrowIfFailed(CuDriver.cuInit(0));
        List<string> problems = [];
        AddMissing(problems);
        if (problems.Count > 0)
        {
            throw new DeviceException(string.Join(' ', problems));
        }
    }

    /// <summary>What the driver says of a device.</summary>
    internal static CudaDevice Describe(int handle)
    {
        const int Length = 256;
        byte* text = stackalloc byte[Length];
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGetName(text, Length, handle));
        string name = Text(text, Length);
        string bus = CuDriver.cuDeviceGetPCIBusId(text, Length, handle) == CuResult.Success ? Text(text, Length) : "unknown";
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceTotalMem_v2(out nuint memory, handle));
        int Attribute(CuDeviceAttribute attribute)
        {
            CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGetAttribute(out int value, attribute, handle));
            return value;
        }

        Version capability = new(Attribute(CuDeviceAttribute.ComputeCapabilityMajor), Attribute(CuDeviceAttribute.ComputeCapabilityMinor));
        return new CudaDevice(handle, name, capability, (long)memory, Attribute(CuDeviceAttribute.MultiprocessorCount), bus) { Handle = handle };
    }

    /// <summary>The newest CUDA that the driver supports.</summary>
    internal static Version DriverVersion()
    {
        CudaCheck.ThrowIfFailed(CuDriver.cuDriverGetVersion(out int version));
        return new Version(version / 1000, version % 1000 / 10);
    }

    /// <summary>cuDNN's version, or null where it could not be loaded.</summary>
    internal static Version? CudnnVersion()
    {
        if (CudaLibraries.MissingToolkit().Contains("cuDNN"))
        {
            return null;
        }

        long version = (long)CudnnNative.cudnnGetVersion();
        return new Version((int)(version / 10000), (int)(version / 100 % 100), (int)(version % 100));
    }

    /// <summary>cuBLAS's version, or null where it could not be loaded.</summary>
    internal static Version? CublasVersion()
    {
        Span<int> parts = stackalloc int[3];
        if (CudaLibraries.MissingToolkit().Contains("cuBLAS"))
        {
            return null;
        }

        for (int i = 0; i < 3; i++)
        {
            if (CublasNative.cublasGetProperty(i, out parts[i]) != CublasStatus.Success)
            {
                return null;
            }
        }

        return new Version(parts[0], parts[1], parts[2]);
    }

    private static void Look(Version driver, List<CudaDevice> devices, List<string> problems)
    {
        if (driver < OldestDriver)
        {
            problems.Add(TooOld(driver));
            return;
        }

        CuResult started = CuDriver.cuInit(0);
        int count = started == CuResult.NoDevice ? 0 : -1;
        if (count < 0)
        {
            CudaCheck.ThrowIfFailed(started, nameof(CuDriver.cuInit));
            count = Count();
        }

        if (count == 0)
        {
            problems.Add("The NVIDIA driver sees no GPU. CUDA_VISIBLE_DEVICES may hide it; in a container start it with GPU access.");
        }

        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int handle, ordinal));
            CudaDevice device = Describe(handle) with { Ordinal = ordinal };
            devices.Add(device);
            if (!device.IsSupported)
            {
                problems.Add($"cuda:{ordinal} ({device.Name}) has compute capability {device.ComputeCapability}; 7.5 (Turing) or newer is needed.");
            }
        }
    }

    private static void AddMissing(List<string> problems)
    {
        foreach (string piece in CudaLibraries.MissingToolkit())
        {
            problems.Add(piece == "cuDNN"
                ? "cuDNN 9 did not load (libcudnn.so.9, cudnn64_9.dll). Install NVIDIA's cuDNN package for your CUDA version or the Python wheel nvidia-cudnn-cu13 (nvidia-cudnn-cu12), or set CUDNN_PATH or VGGCUDA_LIB_DIRS to where it lies. 'vggcuda devices --verbose' shows what was tried."
                : "cuBLAS 12 or 13 did not load (libcublas.so.13, cublas64_13.dll). Install the CUDA toolkit's libraries or the Python wheel nvidia-cublas, or set CUDA_PATH or VGGCUDA_LIB_DIRS to where it lies. 'vggcuda devices --verbose' shows what was tried.");
        }
    }

    private static int Count()
    {
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGetCount(out int count));
        return count;
    }

    private static string TooOld(Version driver) =>
        $"The NVIDIA driver is too old: it supports CUDA {driver}, and cuDNN 9 needs {OldestDriver} or newer. Install a newer driver.";

    private static string Text(byte* bytes, int length)
    {
        ReadOnlySpan<byte> span = new(bytes, length);
        int end = span.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? span : span[..end]);
    }
}
