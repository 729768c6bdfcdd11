using System.Globalization;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

/// <summary>An NVIDIA GPU, by way of the CUDA driver, cuDNN's graph API, cuBLAS and kernels of our own.</summary>
/// <remarks>
/// <para>One thread at a time, any thread: the context is made current at every entry, and stays current on that thread. Several backends, on one device or on several, may live in one process.</para>
/// <para>All work goes to one stream. After a <see cref="CudaFatalException"/> the backend refuses work, and this process is done with CUDA: dispose the backend and start a new process.</para>
/// </remarks>
public sealed unsafe partial class CudaBackend : IBackend
{
    private readonly List<IDisposable> _owned = [];
    private readonly CudaOptions _options;
    private PinnedMemory? _staging;
    private bool _disposed;

    /// <summary>Who uses it.</summary>
    internal BackendUse InUse { get; } = new("cuda");

    private CudaBackend(CudaDevice device, CudaContext context, CudaStream stream, CudaOptions options)
    {
        Device = device;
        Context = context;
        Stream = stream;
        _options = options;
    }

    /// <inheritdoc/>
    public BackendDescription Description { get; private set; } = null!;

    /// <summary>The device.</summary>
    public CudaDevice Device { get; }

    /// <summary>The context: primary, or an embedder's.</summary>
    internal CudaContext Context { get; }

    /// <summary>The stream that everything goes to.</summary>
    internal CudaStream Stream { get; }

    /// <summary>Opens a device through its primary context.</summary>
    /// <param name="device">The driver's ordinal (after CUDA_VISIBLE_DEVICES).</param>
    /// <param name="options">How it is to work; null for the defaults.</param>
    /// <exception cref="DeviceException">No driver, no such device, no cuDNN or cuBLAS, or a driver too old: the message says which, and what to do.</exception>
    public static CudaBackend Open(int device = 0, CudaOptions? options = null)
    {
        CudaDevice chosen = CudaDevices.Require(device);
        CudaContext context = CudaContext.RetainPrimary(chosen.Handle);
        return Finish(chosen, context, () => CudaStream.Create(context), options);
    }

    /// <summary>Opens a backend inside an embedder's context, on an embedder's stream.</summary>
    /// <param name="context">CUcontext, such as the primary one that the runtime API uses. The embedder's; it must outlive the backend.</param>
    /// <param name="stream">CUstream (or cudaStream_t) of that context. The embedder's; it must outlive the backend. Not the default stream, whose work cannot be captured.</param>
    /// <param name="options">How it is to work; null for the defaults.</param>
    /// <remarks>The context becomes, and stays, current on every thread that calls the backend. Work is ordered with the embedder's own on that stream; the backend never destroys either.</remarks>
    /// <exception cref="DeviceException">As <see cref="Open(int, CudaOptions?)"/>, or the handles are not a context and a stream of it.</exception>
    public static CudaBackend Open(nint context, nint stream, CudaOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(context);
        ArgumentOutOfRangeException.ThrowIfZero(stream);
        CudaDevices.RequireLibraries();
        CudaContext borrowed = CudaContext.Borrow(context);
        return Finish(CudaDevices.OfHandle(borrowed.Device), borrowed, () =>
        {
            borrowed.Check(CuDriver.cuStreamGetCtx(stream, out nint owner));
            return owner == context
                ? CudaStream.Borrow(borrowed, stream)
                : throw new DeviceException("The stream belongs to another context than the one given.");
        }, options);
    }

    /// <inheritdoc/>
    public ITensor Allocate(TensorShape shape)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        if (shape.N < 1 || shape.H < 1 || shape.W < 1 || shape.C < 1)
        {
            throw new ArgumentException($"{shape} is no shape of a tensor: every extent must be 1 or more.", nameof(shape));
        }

        DeviceMemory memory = DeviceMemory.Allocate(Context, shape.Count * sizeof(float), $"a tensor {shape}");
        try
        {
            Stream.Clear(memory.Pointer, memory.Bytes);
            return new CudaTensor(this, shape, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Makes a tensor of an embedder's device memory.</summary>
    /// <param name="address">CUdeviceptr of float32 (N, H, W, C) in C order, aligned to 16 bytes, accessible from this backend's device. The embedder's; it must outlive the tensor.</param>
    /// <param name="shape">The shape.</param>
    /// <remarks>Writes to it must be ordered with this backend's stream. Disposing the tensor frees nothing.</remarks>
    /// <exception cref="ArgumentException">The address is not aligned, or not device memory.</exception>
    public ITensor Wrap(ulong address, TensorShape shape)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        if (address == 0 || address % 16 != 0)
        {
            throw new ArgumentException($"0x{address:x} is not aligned to 16 bytes.", nameof(address));
        }

        CuMemoryType type = 0;
        if (CuDriver.cuPointerGetAttribute(&type, CuPointerAttribute.MemoryType, address) != CuResult.Success || type != CuMemoryType.Device)
        {
            throw new ArgumentException($"0x{address:x} is not device memory that this context knows.", nameof(address));
        }

        return new CudaTensor(this, shape, new DevicePointer(address));
    }

    /// <inheritdoc/>
    public void Upload(ITensor target, ReadOnlySpan<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor tensor = RequireLength(target, values.Length);
        Span<float> staged = Staging(values.Length);
        for (int done = 0; done < values.Length; done += staged.Length)
        {
            int count = Math.Min(staged.Length, values.Length - done);
            for (int i = 0; i < count; i++)
            {
                staged[i] = (float)values[done + i];
            }

            SendStaged(tensor, done, count);
        }
    }

    /// <inheritdoc/>
    public void Upload(ITensor target, ReadOnlySpan<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor tensor = RequireLength(target, values.Length);
        Span<float> staged = Staging(values.Length);
        for (int done = 0; done < values.Length; done += staged.Length)
        {
            int count = Math.Min(staged.Length, values.Length - done);
            values.Slice(done, count).CopyTo(staged);
            SendStaged(tensor, done, count);
        }
    }

    /// <inheritdoc/>
    public void Download(ITensor source, Span<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor tensor = RequireLength(source, values.Length);
        Span<float> staged = Staging(values.Length);
        for (int done = 0; done < values.Length; done += staged.Length)
        {
            int count = Math.Min(staged.Length, values.Length - done);
            FetchStaged(tensor, done, count);
            ThrowIfNumbersFailed();
            for (int i = 0; i < count; i++)
            {
                values[done + i] = staged[i];
            }
        }
    }

    /// <inheritdoc/>
    public void Download(ITensor source, Span<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor tensor = RequireLength(source, values.Length);
        Span<float> staged = Staging(values.Length);
        for (int done = 0; done < values.Length; done += staged.Length)
        {
            int count = Math.Min(staged.Length, values.Length - done);
            FetchStaged(tensor, done, count);
            ThrowIfNumbersFailed();
            staged[..count].CopyTo(values[done..]);
        }
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        Stream.Synchronize();
        ThrowIfNumbersFailed();
    }

    /// <inheritdoc/>
    public ILossLog CreateLog(int steps, int images, int columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        return new CudaLossLog(this, Context, steps, images, columns);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        using BackendUse.Visit visit = InUse.Enter();
        _disposed = true;
        if (!Context.IsLost && Context.TryMakeCurrent())
        {
            CuDriver.cuStreamSynchronize(Stream.Raw);
        }

        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
        _staging?.Dispose();
        Stream.Dispose();
        Context.Dispose();
    }

    /// <summary>To be called at every public entry: this thread may never have seen the context.</summary>
    internal void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Context.MakeCurrent();
    }

    /// <summary>The tensor as ours.</summary>
    /// <exception cref="ArgumentException">It is another backend's.</exception>
    internal CudaTensor Require(ITensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor is not CudaTensor own || own.Owner != this)
        {
            throw new ArgumentException("The tensor belongs to another backend.");
        }

        LaunchPendingOf(own);
        return own;
    }

    /// <summary>Keeps something until the backend is disposed.</summary>
    internal T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    private static CudaBackend Finish(CudaDevice device, CudaContext context, Func<CudaStream> stream, CudaOptions? options)
    {
        CudaBackend? backend = null;
        try
        {
            backend = new CudaBackend(device, context, stream(), options ?? new CudaOptions());
            backend.Start();
            return backend;
        }
        catch
        {
            backend?.Dispose();
            context.Dispose();
            throw;
        }
    }

    // Copies go through page-locked memory of at most 4 MiB: larger ones gain nothing, and it is kept for the backend's life.
    private Span<float> Staging(long count)
    {
        const long Most = 1 << 20;
        long wanted = Math.Clamp(count, 1, Most);
        if (_staging is null || _staging.Bytes < wanted * sizeof(float))
        {
            _staging?.Dispose();
            _staging = null;
            _staging = PinnedMemory.Allocate(Context, wanted * sizeof(float));
        }

        return _staging.Span<float>();
    }

    private void SendStaged(CudaTensor tensor, int first, int count)
    {
        Stream.CopyToDevice(tensor.Pointer + ((long)first * sizeof(float)), _staging!.Host, (long)count * sizeof(float));
        Stream.Synchronize();
    }

    private void FetchStaged(CudaTensor tensor, int first, int count)
    {
        Stream.CopyToHost(_staging!.Host, tensor.Pointer + ((long)first * sizeof(float)), (long)count * sizeof(float));
        Stream.Synchronize();
    }

    private CudaTensor RequireLength(ITensor tensor, int length)
    {
        Enter();
        CudaTensor own = Require(tensor);
        return own.Shape.Count == length
            ? own
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{length} values for a tensor of shape {own.Shape}, which holds {own.Shape.Count}."));
    }
}
