using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>A context: the device's primary one, retained, or one that the embedder owns.</summary>
/// <remarks>The primary context is shared with cuDNN, cuBLAS and every other library of the process that uses the runtime API.</remarks>
internal sealed class CudaContext : SafeHandle
{
    // The last launches, for the message of a failure that any later call may report.
    private readonly string?[] _launches = new string?[8];
    private int _launchCount;
    private CuResult _fatal;

    // Of any context of this process: what a later failure to open is explained by.
    private static string? _firstFatal;

    private CudaContext(nint context, int device, bool owns)
        : base(0, ownsHandle: owns)
    {
        SetHandle(context);
        Device = device;
    }

    /// <summary>CUdevice.</summary>
    public int Device { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>CUcontext.</summary>
    public nint Raw => handle;

    /// <summary>Whether a fatal failure was seen: nothing more can be done in this context.</summary>
    public bool IsLost => _fatal != CuResult.Success;

    /// <summary>Whether every launch is waited for, so that a failure is reported by the launch that caused it. From <c>VGGCUDA_SYNC=1</c>.</summary>
    public bool SynchronousLaunches { get; } = Environment.GetEnvironmentVariable("VGGCUDA_SYNC") == "1";

    // Why a context may not be had.
    private static string? AfterFatal => _firstFatal is null ? null : $"CUDA has failed for good in this process before, at {_firstFatal}; start a new process.";

    /// <summary>Retains the device's primary context and makes it current.</summary>
    public static CudaContext RetainPrimary(int device)
    {
        CuResult retained = CuDriver.cuDevicePrimaryCtxRetain(out nint raw, device);
        if (retained != CuResult.Success)
        {
            throw CudaCheck.Exception(retained, nameof(CuDriver.cuDevicePrimaryCtxRetain), AfterFatal);
        }

        CudaContext context = new(raw, device, owns: true);
        try
        {
            context.MakeCurrent();
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Borrows an embedder's context, which must outlive everything made in it.</summary>
    public static CudaContext Borrow(nint raw)
    {
        ArgumentOutOfRangeException.ThrowIfZero(raw);
        CudaCheck.ThrowIfFailed(CuDriver.cuCtxSetCurrent(raw));
        CudaCheck.ThrowIfFailed(CuDriver.cuCtxGetDevice(out int device));
        return new CudaContext(raw, device, owns: false);
    }

    /// <summary>Makes the context current on this thread: "current" belongs to a thread, and callers change threads.</summary>
    /// <exception cref="CudaFatalException">A fatal failure was seen earlier.</exception>
    public void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (IsLost)
        {
            throw CudaCheck.Exception(_fatal, "an earlier call", "It was reported before; this backend refuses further work.");
        }

        Check(CuDriver.cuCtxSetCurrent(handle));
    }

    /// <summary>Makes the context current, also after a fatal failure, without throwing: for releases.</summary>
    public bool TryMakeCurrent() => CuDriver.cuCtxSetCurrent(handle) == CuResult.Success;

    /// <summary>Throws where a driver call failed, and remembers a failure that ends the context.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call, as written at the call site.</param>
    public void Check(CuResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CuResult.Success)
        {
            throw Failure(result, call);
        }
    }

    /// <summary>The exception for a result that is not success; a fatal one is remembered.</summary>
    public DeviceException Failure(CuResult result, string call)
    {
        if (CuResults.IsFatal(result))
        {
            _fatal = result;
            Interlocked.CompareExchange(ref _firstFatal, CudaCheck.Shorten(call), null);
        }

        return CudaCheck.Exception(result, call, CuResults.IsFatal(result) || result == CuResult.Unknown ? LastLaunches() ?? AfterFatal : null);
    }

    /// <summary>Notes a launch by name, for later messages.</summary>
    public void NoteLaunch(string name) => _launches[_launchCount++ & 7] = name;

    /// <summary>Bytes free and in all.</summary>
    public (long Free, long Total) MemoryInfo()
    {
        Check(CuDriver.cuMemGetInfo_v2(out nuint free, out nuint total));
        return ((long)free, (long)total);
    }

    /// <summary>A device attribute.</summary>
    public int Attribute(CuDeviceAttribute attribute)
    {
        Check(CuDriver.cuDeviceGetAttribute(out int value, attribute, Device));
        return value;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CuDriver.cuDevicePrimaryCtxRelease_v2(Device) is CuResult.Success or CuResult.Deinitialized;

    private string? LastLaunches()
    {
        IEnumerable<string> names = Enumerable.Range(1, 8).Select(i => _launches[(_launchCount - i) & 7]).OfType<string>();
        string list = string.Join(", ", names);
        return list.Length == 0 ? null : $"Launches are asynchronous; the last ones, newest first: {list}. Set VGGCUDA_SYNC=1 to find the one.";
    }
}
