using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>Device memory that lives until it is disposed of, longer than every backend where need be: it holds the device's primary context.</summary>
/// <remarks><see cref="CudaBackend.Wrap"/> makes a tensor of it. Any thread may allocate it and dispose of it; the context that is current there stays so.</remarks>
public sealed class CudaBuffer : IDisposable
{
    private readonly DeviceMemory _memory;

    private CudaBuffer(DeviceMemory memory) => _memory = memory;

    /// <summary>CUdeviceptr, aligned to 256 bytes.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed of.</exception>
    public ulong Address => (ulong)_memory.Raw;

    /// <summary>Its size.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>Allocates; what is in it is not defined.</summary>
    /// <param name="device">Where.</param>
    /// <param name="bytes">1 or more.</param>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    /// <exception cref="DeviceException">The device's primary context cannot be had.</exception>
    public static CudaBuffer Allocate(CudaDevice device, long bytes)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        CudaCheck.ThrowIfFailed(CuDriver.cuCtxGetCurrent(out nint before));
        try
        {
            // The memory holds the context on.
            using CudaContext context = CudaContext.RetainPrimary(device.Handle);
            return new CudaBuffer(DeviceMemory.Allocate(context, bytes, "a buffer"));
        }
        finally
        {
            CuDriver.cuCtxSetCurrent(before);
        }
    }

    /// <summary>Frees it. Work that uses it must be done.</summary>
    public void Dispose()
    {
        bool isKnown = CuDriver.cuCtxGetCurrent(out nint before) == CuResult.Success;
        _memory.Dispose();
        if (isKnown)
        {
            CuDriver.cuCtxSetCurrent(before);
        }
    }
}
