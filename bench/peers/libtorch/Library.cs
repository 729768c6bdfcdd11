using System.Runtime.InteropServices;

namespace VggCuda.Peers.LibTorch;

/// <summary>Makes TorchSharp's native library loadable where the C++ library is a little too old for it.</summary>
internal static partial class Library
{
    private const string Version = "GLIBCXX_3.4.32";

    // Initialises the standard streams of programs built by newer compilers. Nothing in the library refers to it at run time,
    // and the older C++ library has the older compilers' way, which libtorch itself brings.
    private const string Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>Tries to load it, and where exactly that version is refused, marks its need weak in the copy beside this program.</summary>
    /// <param name="say">Gets a line about what was changed.</param>
    /// <exception cref="DllNotFoundException">It does not load.</exception>
    public static void Prepare(Action<string> say)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        if (!File.Exists(path))
        {
            throw new DllNotFoundException($"{path} is not there; libtorch is restored for Linux on x64 alone.");
        }

        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e) when (e.Message.Contains($"version `{Version}' not found", StringComparison.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (!VersionNeeds.Weaken(bytes, Version, Symbol))
            {
                throw;
            }

            // Beside it and renamed: the file may be a link into the package folder, which stays as it is.
            File.WriteAllBytes(path + ".part", bytes);
            File.Move(path + ".part", path, overwrite: true);
            NativeLibrary.Load(path);
            say($"The C++ library here lacks {Version}: its need marked weak in the copy {path}.");
        }
    }

    /// <summary>Keeps small convolutions from asking for NNPACK each time anew, in vain and with a warning, where the processor is not one of its.</summary>
    public static void DisableNnPack() => EnableNnPack(GlobalContext(), 0);

    // at::globalContext() and at::Context::setUserEnabledNNPACK(bool): TorchSharp and the C interface have no name for them.
    [LibraryImport("libtorch_cpu.so", EntryPoint = "_ZN2at13globalContextEv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GlobalContext();

    [LibraryImport("libtorch_cpu.so", EntryPoint = "_ZN2at7Context20setUserEnabledNNPACKEb")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void EnableNnPack(nint context, byte enabled);
}
