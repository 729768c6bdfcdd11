namespace VggCuda.Kernels.Interop;

/// <summary>CUdevice_attribute, as far as it is asked for.</summary>
internal enum CuDeviceAttribute
{
    MaxThreadsPerBlock = 1,
    MaxSharedMemoryPerBlock = 8,
    WarpSize = 10,
    ClockRate = 13,
    MultiprocessorCount = 16,
    Integrated = 18,
    CanMapHostMemory = 19,
    MemoryClockRate = 36,
    GlobalMemoryBusWidth = 37,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    MemoryPoolsSupported = 115,
}

/// <summary>CUjit_option.</summary>
internal enum CuJitOption
{
    WallTime = 2,
    InfoLogBuffer = 3,
    InfoLogBufferSizeBytes = 4,
    ErrorLogBuffer = 5,
    ErrorLogBufferSizeBytes = 6,
    LogVerbose = 12,
}

/// <summary>CUstream_flags.</summary>
internal enum CuStreamFlags : uint
{
    Default = 0,
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

/// <summary>CUstreamCaptureMode.</summary>
internal enum CuStreamCaptureMode
{
    Global = 0,
    ThreadLocal = 1,
    Relaxed = 2,
}

/// <summary>CUstreamCaptureStatus.</summary>
internal enum CuStreamCaptureStatus
{
    None = 0,
    Active = 1,
    Invalidated = 2,
}

/// <summary>CUmemHostAlloc flags.</summary>
[Flags]
internal enum CuMemHostFlags : uint
{
    None = 0,
    Portable = 1,
    DeviceMap = 2,
    WriteCombined = 4,
}

/// <summary>CUfunction_attribute.</summary>
internal enum CuFunctionAttribute
{
    MaxThreadsPerBlock = 0,
    SharedSizeBytes = 1,
    LocalSizeBytes = 3,
    NumRegs = 4,
    PtxVersion = 5,
    BinaryVersion = 6,
    MaxDynamicSharedSizeBytes = 8,
}

/// <summary>CUpointer_attribute.</summary>
internal enum CuPointerAttribute
{
    Context = 1,
    MemoryType = 2,
    DeviceOrdinal = 9,
}

/// <summary>CUmemorytype.</summary>
internal enum CuMemoryType
{
    Host = 1,
    Device = 2,
}

/// <summary>CUuuid: 16 bytes.</summary>
internal unsafe struct CuUuid
{
    public fixed byte Bytes[16];
}
