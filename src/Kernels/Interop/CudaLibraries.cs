using System.Reflection;
using System.Runtime.InteropServices;

namespace VggCuda.Kernels.Interop;

/// <summary>Finds and loads the driver, cuBLAS, cuDNN and NVRTC for every import of this assembly.</summary>
/// <remarks>The search itself is <see cref="LibrarySearch"/>; what was tried and chosen is in <see cref="Log"/>. Loaded libraries stay for the life of the process: CUDA does not survive unloading.</remarks>
internal static class CudaLibraries
{
    /// <summary>The names that imports use.</summary>
    public const string Driver = "vggcuda-libcuda";

    /// <inheritdoc cref="Driver"/>
    public const string Cudnn = "vggcuda-cudnn";

    /// <inheritdoc cref="Driver"/>
    public const string Cublas = "vggcuda-cublas";

    private static readonly Lock Gate = new();
    private static readonly List<string> Lines = [];
    private static bool _registered;
    private static nint _driver;
    private static nint _cudnn;
    private static nint _cublas;
    private static bool _toolkitTried;

    /// <summary>What was tried, and what was chosen, in order.</summary>
    public static IReadOnlyList<string> Log
    {
        get
        {
            lock (Gate)
            {
                return [.. Lines];
            }
        }
    }

    /// <summary>Puts the resolver in place; harmless when repeated.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (!_registered)
            {
                _registered = true;
                NativeLibrary.SetDllImportResolver(typeof(CudaLibraries).Assembly, Resolve);
            }
        }
    }

    /// <summary>Whether the driver's library could be loaded.</summary>
    public static bool HasDriver() => LoadDriver() != 0;

    /// <summary>Which of cuBLAS and cuDNN could not be loaded; empty when both could.</summary>
    public static IReadOnlyList<string> MissingToolkit()
    {
        lock (Gate)
        {
            LoadToolkit();
            List<string> missing = [];
            if (_cublas == 0)
            {
                missing.Add("cuBLAS");
            }

            if (_cudnn == 0)
            {
                missing.Add("cuDNN");
            }

            return missing;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        switch (name)
        {
            case Driver:
                return LoadDriver();
            case Cudnn:
            case Cublas:
                lock (Gate)
                {
                    LoadToolkit();
                    return name == Cudnn ? _cudnn : _cublas;
                }

            default:
                return 0;
        }
    }

    private static nint LoadDriver()
    {
        lock (Gate)
        {
            if (_driver == 0)
            {
                LibrarySearch search = new(LibraryEnvironment.OfThisProcess(), Lines);
                _driver = TryAll("driver", search.DriverCandidates());
            }

            return _driver;
        }
    }

    // One root for everything: cuDNN must find the cuBLASLt and NVRTC that it was built with.
    private static void LoadToolkit()
    {
        if (_toolkitTried)
        {
            return;
        }

        _toolkitTried = true;
        LibrarySearch search = new(LibraryEnvironment.OfThisProcess(), Lines);
        ToolkitChoice choice = search.ChooseToolkit(DriverMajor());

        // cuDNN opens NVRTC and cuBLASLt by soname; one that is in the process already satisfies it, wherever it lies.
        TryAll("NVRTC", choice.Nvrtc);
        TryAll("cuBLASLt", choice.CublasLt);
        _cublas = TryAll("cuBLAS", choice.Cublas);
        _cudnn = TryAll("cuDNN", choice.Cudnn);
    }

    private static int DriverMajor() =>
        LoadDriver() != 0 && CuDriver.cuDriverGetVersion(out int version) == CuResult.Success ? version / 1000 : 13;

    private static nint TryAll(string what, IReadOnlyList<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                Lines.Add($"{what}: loaded {candidate}");
                return handle;
            }

            Lines.Add($"{what}: {candidate} did not load");
        }

        Lines.Add($"{what}: not found");
        return 0;
    }
}
