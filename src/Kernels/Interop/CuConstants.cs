namespace VggCuda.Kernels.Interop;

/// <summary>CUdevice_attribute, as far as it is asked for.</summary>
internal enum CuDeviceAttribute
{
    MultiprocessorCount = 16,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
}

/// <summary>CUjit_option, as far as used.</summary>
internal enum CuJitOption
{
    ErrorLogBuffer = 5,
    ErrorLogBufferSizeBytes = 6,
}

/// <summary>CUstream_flags, as far as used.</summary>
internal enum CuStreamFlags : uint
{
    NonBlocking = 1,
}

/// <summary>CUevent_flags.</summary>
[Flags]
internal enum CuEventFlags : uint
{
    Default = 0,
    BlockingSync = 1,
    DisableTiming = 2,
}

/// <summary>CUstreamCaptureMode, as far as used.</summary>
internal enum CuStreamCaptureMode
{
    ThreadLocal = 1,
}

/// <summary>CUmemHostAlloc flags, as far as used.</summary>
[Flags]
internal enum CuMemHostFlags : uint
{
    None = 0,
    Portable = 1,
    DeviceMap = 2,
}

/// <summary>CUpointer_attribute, as far as asked for.</summary>
internal enum CuPointerAttribute
{
    MemoryType = 2,
}

/// <summary>CUmemorytype, as far as told apart.</summary>
internal enum CuMemoryType
{
    Device = 2,
}
