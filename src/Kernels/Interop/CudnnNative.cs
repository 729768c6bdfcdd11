using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>Level 1: cuDNN's backend (graph) API as cudnn_graph.h declares it.</summary>
internal static unsafe partial class CudnnNative
{
    private const string Library = CudaLibraries.Cudnn;

    static CudnnNative() => CudaLibraries.Register();

    [LibraryImport(Library)] internal static partial nuint cudnnGetVersion();
    [LibraryImport(Library)] internal static partial byte* cudnnGetErrorString(int status);
    [LibraryImport(Library)] internal static partial void cudnnGetLastErrorString(byte* message, nuint size);
    [LibraryImport(Library)] internal static partial int cudnnCreate(out nint handle);
    [LibraryImport(Library)] internal static partial int cudnnDestroy(nint handle);
    [LibraryImport(Library)] internal static partial int cudnnSetStream(nint handle, nint stream);
    [LibraryImport(Library)] internal static partial int cudnnBackendCreateDescriptor(CudnnDescriptorType type, out nint descriptor);
    [LibraryImport(Library)] internal static partial int cudnnBackendDestroyDescriptor(nint descriptor);
    [LibraryImport(Library)] internal static partial int cudnnBackendSetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long count, void* values);
    [LibraryImport(Library)] internal static partial int cudnnBackendGetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long requested, out long count, void* values);
    [LibraryImport(Library)] internal static partial int cudnnBackendFinalize(nint descriptor);
    [LibraryImport(Library)] internal static partial int cudnnBackendExecute(nint handle, nint plan, nint variantPack);

    /// <summary>Level 2: throws where a call failed.</summary>
    internal static void ThrowIfFailed(int status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status != 0)
        {
            throw Failure(status, call);
        }
    }

    /// <summary>The exception for a status that is not success; <see cref="DeviceMemoryException"/> where memory was missing.</summary>
    internal static DeviceException Failure(int status, string call)
    {
        const int Length = 1024;
        byte* message = stackalloc byte[Length];
        message[0] = 0;
        cudnnGetLastErrorString(message, Length);
        string last = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(message)).Trim();
        string text = Marshal.PtrToStringUTF8((nint)cudnnGetErrorString(status)) ?? "unknown status";
        CudaException failure = new("cuDNN", CudaCheck.Shorten(call), status, last.Length > 0 ? $"{text}: {last}" : text, Advice(status));
        return IsOutOfMemory(status) ? new DeviceMemoryException(failure.Message, 0, CudaCheck.FreeMemory(), failure) : failure;
    }

    private static bool IsOutOfMemory(int status) => status is 4003 or 4004;

    private static string? Advice(int status) => status switch
    {
        1002 => "Pieces of different cuDNN versions were loaded; set VGGCUDA_LIB_DIRS to one folder that has all of them.",
        1008 => "A sub-library of cuDNN is missing beside libcudnn.so.9 (or NVRTC, which it compiles fused engines with); reinstall cuDNN whole.",
        _ => null,
    };
}

/// <summary>Level 3: a cuDNN handle bound to a stream.</summary>
internal sealed class CudnnHandle : CudaHandle
{
    private CudnnHandle(CudaContext context)
        : base(context)
    {
    }

    /// <summary>Creates a handle; the context must be current.</summary>
    public static CudnnHandle Create(CudaContext context, CudaStream stream)
    {
        CudnnHandle created = new(context);
        try
        {
            CudnnNative.ThrowIfFailed(CudnnNative.cudnnCreate(out nint raw));
            created.SetHandle(raw);
            CudnnNative.ThrowIfFailed(CudnnNative.cudnnSetStream(raw, stream.Raw));
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CudnnNative.cudnnDestroy(handle) == 0 ? CuResult.Success : CuResult.Unknown;
}
