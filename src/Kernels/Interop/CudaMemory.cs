using System.Globalization;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>Device memory, aligned to 256 bytes at least.</summary>
internal sealed class DeviceMemory : CudaHandle
{
    private DeviceMemory(CudaContext context, long bytes)
        : base(context) => Bytes = bytes;

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Where it begins.</summary>
    public DevicePointer Pointer => new((ulong)Raw);

    /// <summary>Allocates.</summary>
    /// <param name="context">Where; current.</param>
    /// <param name="bytes">At least 1 is allocated.</param>
    /// <param name="purpose">What for: used in the message when there is not enough.</param>
    /// <exception cref="DeviceMemoryException">Not enough memory.</exception>
    public static DeviceMemory Allocate(CudaContext context, long bytes, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        bytes = Math.Max(bytes, 1);
        DeviceMemory memory = new(context, bytes);
        CuResult result = CuDriver.cuMemAlloc_v2(out ulong pointer, (nuint)bytes);
        if (result != CuResult.Success)
        {
            memory.Dispose();
            throw result == CuResult.OutOfMemory
                ? OutOfMemory(bytes, purpose, (CudaException)context.Failure(result, nameof(CuDriver.cuMemAlloc_v2)).InnerException!)
                : context.Failure(result, nameof(CuDriver.cuMemAlloc_v2));
        }

        memory.SetHandle((nint)pointer);
        return memory;
    }

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CuDriver.cuMemFree_v2((ulong)handle);

    private static DeviceMemoryException OutOfMemory(long bytes, string purpose, CudaException inner)
    {
        long? free = CudaCheck.FreeMemory();
        string have = free is long f ? string.Create(CultureInfo.InvariantCulture, $"{f / 1048576.0:F1} MiB are free") : "how much is free is not known";
        return new DeviceMemoryException(
            string.Create(CultureInfo.InvariantCulture, $"Not enough device memory: {purpose} needs {bytes / 1048576.0:F1} MiB, {have}. Take a smaller batch, a smaller image, or half precision; or free memory held by other processes (nvidia-smi lists them)."),
            bytes,
            free,
            inner);
    }
}

/// <summary>Page-locked host memory, which copies at full speed and which the device may read and write in place.</summary>
internal sealed unsafe class PinnedMemory : CudaHandle
{
    private PinnedMemory(CudaContext context, long bytes)
        : base(context) => Bytes = bytes;

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Host address.</summary>
    public void* Host => (void*)Raw;

    /// <summary>The same memory as the device sees it.</summary>
    public DevicePointer DevicePointer { get; private set; }

    /// <summary>Allocates zeroed memory.</summary>
    /// <exception cref="DeviceMemoryException">The system gives no more page-locked memory.</exception>
    public static PinnedMemory Allocate(CudaContext context, long bytes)
    {
        bytes = Math.Max(bytes, 1);
        PinnedMemory memory = new(context, bytes);
        try
        {
            context.Check(CuDriver.cuMemHostAlloc(out nint pointer, (nuint)bytes, CuMemHostFlags.Portable | CuMemHostFlags.DeviceMap));
            memory.SetHandle(pointer);
            context.Check(CuDriver.cuMemHostGetDevicePointer_v2(out ulong device, pointer, 0));
            memory.DevicePointer = new DevicePointer(device);
            new Span<byte>((void*)pointer, checked((int)Math.Min(bytes, int.MaxValue))).Clear();
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The memory as values.</summary>
    public Span<T> Span<T>()
        where T : unmanaged => new((void*)Raw, checked((int)(Bytes / sizeof(T))));

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CuDriver.cuMemFreeHost(handle);
}
