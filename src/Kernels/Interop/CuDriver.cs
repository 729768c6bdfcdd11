using System.Runtime.InteropServices;

namespace VggCuda.Kernels.Interop;

/// <summary>Level 1: the CUDA driver's functions as cuda.h declares them. Nothing is checked here.</summary>
/// <remarks>CUcontext, CUstream and their like are nint; CUdeviceptr is ulong; CUdevice is int. All exports exist from CUDA 12 on and stay in 13.</remarks>
internal static unsafe partial class CuDriver
{
    private const string Library = CudaLibraries.Driver;

    // An explicit static constructor runs before the first call, so the resolver is in place by then.
    static CuDriver() => CudaLibraries.Register();

    // Initialisation, versions, errors.
    [LibraryImport(Library)] internal static partial CuResult cuInit(uint flags);
    [LibraryImport(Library)] internal static partial CuResult cuDriverGetVersion(out int version);
    [LibraryImport(Library)] internal static partial CuResult cuGetErrorName(CuResult error, out byte* name);
    [LibraryImport(Library)] internal static partial CuResult cuGetErrorString(CuResult error, out byte* text);

    // Devices.
    [LibraryImport(Library)] internal static partial CuResult cuDeviceGetCount(out int count);
    [LibraryImport(Library)] internal static partial CuResult cuDeviceGet(out int device, int ordinal);
    [LibraryImport(Library)] internal static partial CuResult cuDeviceGetName(byte* name, int length, int device);
    [LibraryImport(Library)] internal static partial CuResult cuDeviceTotalMem_v2(out nuint bytes, int device);
    [LibraryImport(Library)] internal static partial CuResult cuDeviceGetAttribute(out int value, CuDeviceAttribute attribute, int device);
    [LibraryImport(Library)] internal static partial CuResult cuDeviceGetPCIBusId(byte* id, int length, int device);

    // Contexts.
    [LibraryImport(Library)] internal static partial CuResult cuDevicePrimaryCtxRetain(out nint context, int device);
    [LibraryImport(Library)] internal static partial CuResult cuDevicePrimaryCtxRelease_v2(int device);
    [LibraryImport(Library)] internal static partial CuResult cuCtxSetCurrent(nint context);
    [LibraryImport(Library)] internal static partial CuResult cuCtxGetCurrent(out nint context);
    [LibraryImport(Library)] internal static partial CuResult cuCtxGetDevice(out int device);

    // Modules and kernels.
    [LibraryImport(Library)] internal static partial CuResult cuModuleLoadDataEx(out nint module, byte* image, uint optionCount, CuJitOption* options, void** optionValues);
    [LibraryImport(Library)] internal static partial CuResult cuModuleUnload(nint module);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial CuResult cuModuleGetFunction(out nint function, nint module, string name);
    [LibraryImport(Library)] internal static partial CuResult cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** parameters, void** extra);

    // Memory.
    [LibraryImport(Library)] internal static partial CuResult cuMemAlloc_v2(out ulong pointer, nuint bytes);
    [LibraryImport(Library)] internal static partial CuResult cuMemFree_v2(ulong pointer);
    [LibraryImport(Library)] internal static partial CuResult cuMemGetInfo_v2(out nuint free, out nuint total);
    [LibraryImport(Library)] internal static partial CuResult cuMemHostAlloc(out nint pointer, nuint bytes, CuMemHostFlags flags);
    [LibraryImport(Library)] internal static partial CuResult cuMemFreeHost(nint pointer);
    [LibraryImport(Library)] internal static partial CuResult cuMemHostGetDevicePointer_v2(out ulong pointer, nint host, uint flags);
    [LibraryImport(Library)] internal static partial CuResult cuMemcpyHtoDAsync_v2(ulong target, void* source, nuint bytes, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuMemcpyDtoHAsync_v2(void* target, ulong source, nuint bytes, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuMemcpyDtoDAsync_v2(ulong target, ulong source, nuint bytes, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuMemsetD8Async(ulong target, byte value, nuint count, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuMemsetD32Async(ulong target, uint value, nuint count, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuPointerGetAttribute(void* data, CuPointerAttribute attribute, ulong pointer);

    // Streams and events.
    [LibraryImport(Library)] internal static partial CuResult cuStreamCreate(out nint stream, CuStreamFlags flags);
    [LibraryImport(Library)] internal static partial CuResult cuStreamDestroy_v2(nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuStreamSynchronize(nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuStreamGetCtx(nint stream, out nint context);
    [LibraryImport(Library)] internal static partial CuResult cuEventCreate(out nint @event, CuEventFlags flags);
    [LibraryImport(Library)] internal static partial CuResult cuEventRecord(nint @event, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuEventQuery(nint @event);
    [LibraryImport(Library)] internal static partial CuResult cuEventSynchronize(nint @event);
    [LibraryImport(Library)] internal static partial CuResult cuEventElapsedTime(out float milliseconds, nint start, nint end);
    [LibraryImport(Library)] internal static partial CuResult cuEventDestroy_v2(nint @event);

    // Capture and graphs.
    [LibraryImport(Library)] internal static partial CuResult cuStreamBeginCapture_v2(nint stream, CuStreamCaptureMode mode);
    [LibraryImport(Library)] internal static partial CuResult cuStreamEndCapture(nint stream, out nint graph);
    [LibraryImport(Library)] internal static partial CuResult cuGraphGetNodes(nint graph, nint* nodes, out nuint count);
    [LibraryImport(Library)] internal static partial CuResult cuGraphInstantiateWithFlags(out nint executable, nint graph, ulong flags);
    [LibraryImport(Library)] internal static partial CuResult cuGraphUpload(nint executable, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuGraphLaunch(nint executable, nint stream);
    [LibraryImport(Library)] internal static partial CuResult cuGraphExecDestroy(nint executable);
    [LibraryImport(Library)] internal static partial CuResult cuGraphDestroy(nint graph);

    /// <summary>"CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered", from the library itself.</summary>
    internal static string Describe(CuResult result)
    {
        string? name = cuGetErrorName(result, out byte* namePointer) == CuResult.Success ? Marshal.PtrToStringUTF8((nint)namePointer) : null;
        string? text = cuGetErrorString(result, out byte* textPointer) == CuResult.Success ? Marshal.PtrToStringUTF8((nint)textPointer) : null;
        return name is null ? "unknown error" : text is null ? name : $"{name}: {text}";
    }
}
