using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Exports;

/// <summary>The library itself: vggcuda.h, "The library".</summary>
internal static unsafe class LibraryExports
{
    private const uint AbiVersion = 0;

    private static readonly string Version = typeof(LibraryExports).Assembly.GetName().Version is { } version ? $"{version.Major}.{version.Minor}.{version.Build}" : "0.0.0";

    [UnmanagedCallersOnly(EntryPoint = "vgg_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    public static uint VersionOfAbi() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "vgg_version", CallConvs = [typeof(CallConvCdecl)])]
    public static Status VersionText(byte* text, nuint* size) => Call.Run(() => Text.Write(Version, text, size));

    [UnmanagedCallersOnly(EntryPoint = "vgg_status_name", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* StatusName(Status status)
    {
        ReadOnlySpan<byte> name = status switch
        {
            Status.Ok => "VGG_OK\0"u8,
            Status.Argument => "VGG_ERROR_ARGUMENT\0"u8,
            Status.Handle => "VGG_ERROR_HANDLE\0"u8,
            Status.Busy => "VGG_ERROR_BUSY\0"u8,
            Status.Buffer => "VGG_ERROR_BUFFER\0"u8,
            Status.Plan => "VGG_ERROR_PLAN\0"u8,
            Status.Weights => "VGG_ERROR_WEIGHTS\0"u8,
            Status.Device => "VGG_ERROR_DEVICE\0"u8,
            Status.Memory => "VGG_ERROR_MEMORY\0"u8,
            Status.Numbers => "VGG_ERROR_NUMBERS\0"u8,
            Status.Cancelled => "VGG_CANCELLED\0"u8,
            Status.Forked => "VGG_ERROR_FORKED\0"u8,
            Status.Internal => "VGG_ERROR_INTERNAL\0"u8,
            _ => "VGG_UNKNOWN\0"u8,
        };

        // Literals of this kind lie in the library's read-only data.
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(name));
    }

    [UnmanagedCallersOnly(EntryPoint = "vgg_last_error", CallConvs = [typeof(CallConvCdecl)])]
    public static Status LastError(byte* text, nuint* size) => Call.RunQuietly(() => Text.Write(Call.LastError, text, size));

    [UnmanagedCallersOnly(EntryPoint = "vgg_close", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Close(ulong handle) => Call.Run(() =>
    {
        if (handle != 0)
        {
            HandleTable.Close(handle);
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_handle_count", CallConvs = [typeof(CallConvCdecl)])]
    public static Status HandleCount(nuint* count) => Call.Run(() =>
    {
        Memory.Require(count, "count");
        *count = (nuint)HandleTable.Count;
    });
}
