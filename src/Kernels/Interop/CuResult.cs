namespace VggCuda.Kernels.Interop;

/// <summary>CUresult: what every driver function returns. The ones that this code treats by name; others keep their number.</summary>
internal enum CuResult
{
    Success = 0,
    OutOfMemory = 2,
    Deinitialized = 4,
    StubLibrary = 34,
    CallRequiresNewerDriver = 36,
    DeviceUnavailable = 46,
    NoDevice = 100,
    NoBinaryForGpu = 209,
    EccUncorrectable = 214,
    JitCompilerNotFound = 221,
    UnsupportedPtxVersion = 222,
    NotReady = 600,
    IllegalAddress = 700,
    LaunchTimeout = 702,
    Assert = 710,
    HardwareStackError = 714,
    LaunchFailed = 719,
    TensorMemoryLeak = 721,
    SystemDriverMismatch = 803,
    Unknown = 999,
}

/// <summary>Which results mean what.</summary>
internal static class CuResults
{
    /// <summary>Whether the context is beyond use: every later call in it fails too, until it has been destroyed.</summary>
    public static bool IsFatal(CuResult result) =>
        result is CuResult.EccUncorrectable or CuResult.IllegalAddress or CuResult.LaunchTimeout or CuResult.Assert or (>= CuResult.HardwareStackError and <= CuResult.LaunchFailed) or CuResult.TensorMemoryLeak;

    /// <summary>Whether a capture does not take what was called.</summary>
    public static bool IsCapture(CuResult result) => (int)result is >= 900 and <= 909;

    /// <summary>What a user can do about it, where there is something.</summary>
    public static string? Advice(CuResult result) => result switch
    {
        CuResult.StubLibrary => "The library found is the toolkit's stub for linking; install NVIDIA's driver.",
        CuResult.CallRequiresNewerDriver => "The driver is too old; install a newer one.",
        CuResult.DeviceUnavailable => "Another process has the GPU to itself (compute mode 'exclusive'), or it is being reset.",
        CuResult.NoDevice => "The driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it.",
        CuResult.SystemDriverMismatch => "The driver's library and its kernel module have different versions; reboot after a driver update.",
        CuResult.UnsupportedPtxVersion => "The driver is too old for these kernels (PTX 6.4 needs CUDA 10.1 or later).",
        CuResult.NoBinaryForGpu => "The GPU is older than Turing (compute capability 7.5).",
        CuResult.JitCompilerNotFound => "The driver's PTX compiler library (libnvidia-ptxjitcompiler) is missing; containers need the driver capability 'compute'.",
        _ => null,
    };
}
