using System.Runtime.InteropServices;

namespace VggCuda.Kernels.Interop;

/// <summary>Level 3: something owned in a context. It keeps the context alive until it is released itself.</summary>
/// <remarks>Dispose is the rule. A finalizer that finds work to do is counted, and the tests fail on it.</remarks>
internal abstract class CudaHandle : SafeHandle
{
    private static int _leaked;
    private bool _referenced;

    /// <summary>Takes a reference to the context; whoever creates the native object sets the handle.</summary>
    /// <param name="context">Kept alive.</param>
    /// <param name="invalid">The value that stands for "no handle yet".</param>
    protected CudaHandle(CudaContext context, nint invalid = 0)
        : base(invalid, ownsHandle: true)
    {
        context.DangerousAddRef(ref _referenced);
        Context = context;
    }

    /// <summary>How many handles were left to the finalizer since the process began.</summary>
    public static int Leaked => Volatile.Read(ref _leaked);

    /// <summary>The context that it lives in.</summary>
    public CudaContext Context { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The native handle. Usable while this object is; it is not counted, so the owner must not dispose it meanwhile.</summary>
    public nint Raw
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Destroys the native object, with the context current. Its result is of no use to anyone: after a fatal failure everything fails.</summary>
    protected abstract CuResult Destroy(nint handle);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing && !IsInvalid && !IsClosed)
        {
            Interlocked.Increment(ref _leaked);
        }

        base.Dispose(disposing);
        if (disposing && IsInvalid)
        {
            // A constructor that failed has a reference but no handle, and ReleaseHandle is not called for it.
            ReleaseContext();
        }
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        // May run on the finalizer's thread and after the driver has shut down: never throws.
        bool fine = Context.TryMakeCurrent() && Destroy(handle) is CuResult.Success or CuResult.Deinitialized;
        ReleaseContext();
        return fine;
    }

    private void ReleaseContext()
    {
        if (_referenced)
        {
            _referenced = false;
            Context.DangerousRelease();
        }
    }
}
