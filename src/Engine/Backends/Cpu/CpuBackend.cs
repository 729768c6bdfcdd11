using System.Globalization;
using System.Runtime.InteropServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The fast CPU backend: float32, Winograd convolutions, vectors as wide as the processor has.</summary>
/// <remarks>
/// <para>The same picture bit for bit on one processor for any number of threads and any batch; between instruction
/// sets (environment variable VGGCUDA_SIMD: avx512, avx2 or portable) and against the reference within rounding.</para>
/// <para>Where a value in the network is not finite, neither is what depends on it, but Winograd's tiles may spread it to
/// neighbours within 4 pixels.</para>
/// </remarks>
public sealed partial class CpuBackend : IBackend, IHostBackend
{
    private bool _disposed;
    private int _opened;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads in all, 1 or more; null for one per processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 or more than 1,024 threads.</exception>
    /// <exception cref="DeviceException">VGGCUDA_SIMD asks for instructions that do not exist here.</exception>
    public CpuBackend(int? threads = null)
        : this(threads, SimdLevels.Choose(Environment.GetEnvironmentVariable(SimdLevels.Variable)))
    {
    }

    internal CpuBackend(int? threads, SimdLevel level)
    {
        if (threads is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), $"{threads} threads; it must be 1 to 1024.");
        }

        if (!SimdLevels.IsSupported(level))
        {
            throw new DeviceException($"This processor does not have {SimdLevels.NameOf(level)}.");
        }

        Level = level;
        Pool = new WorkerPool(threads ?? Environment.ProcessorCount);
        _product = new ProductJob(LaneKernels.For(level, 16), Pool.Threads);
        Description = new BackendDescription("cpu", ProcessorName(), new Dictionary<string, string>
        {
            ["instructions"] = SimdLevels.NameOf(level),
            ["threads"] = Pool.Threads.ToString(CultureInfo.InvariantCulture),
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["runtime"] = RuntimeInformation.FrameworkDescription,
        });
    }

    /// <inheritdoc/>
    public BackendDescription Description { get; }

    internal BackendUse InUse { get; } = new("cpu");

    BackendUse IHostBackend.InUse => InUse;

    internal SimdLevel Level { get; }

    internal WorkerPool Pool { get; }

    internal WeightStore Weights { get; } = new();

    /// <summary>What has been opened here and not been disposed of: tensors, programs, logs, replays, shared weights.</summary>
    internal int LiveResources => _opened + Weights.Count;

    private static long AvailableMemory => MachineMemory.Limit;

    /// <inheritdoc/>
    public ITensor Allocate(TensorShape shape)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckShape(shape);
        long bytes = shape.Count * sizeof(float);
        if (bytes > AvailableMemory)
        {
            throw new DeviceMemoryException($"A tensor of shape {shape} needs {bytes >> 20:N0} MiB, this machine has {AvailableMemory >> 20:N0} MiB.", bytes, AvailableMemory);
        }

        if (shape.Count > int.MaxValue)
        {
            throw new ArgumentException($"A tensor of shape {shape} cannot be made; it may hold {int.MaxValue:N0} values at most.", nameof(shape));
        }

        return new CpuTensor(this, shape);
    }

    /// <summary>A tensor whose values are the caller's own: what programs and operations write stands there, and nothing is copied.</summary>
    /// <param name="values">The values, (N, H, W, C) in C order, as many as the shape has. Not moved by the garbage collector until the tensor is disposed of, and not touched by the caller while a call on this backend runs.</param>
    /// <param name="shape">Every dimension 1 or more.</param>
    /// <exception cref="ArgumentException">The length is not the shape's.</exception>
    public ITensor Wrap(Memory<float> values, TensorShape shape)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckShape(shape);
        return values.Length == shape.Count
            ? new CpuTensor(this, shape, values)
            : throw new ArgumentException($"{values.Length} values for a tensor of shape {shape}, which has {shape.Count}.", nameof(values));
    }

    /// <summary>A tensor's values where they are, to be read and written without a copy: (N, H, W, C) in C order.</summary>
    /// <param name="tensor">One of this backend's.</param>
    /// <returns>Memory that asks for the tensor with each span; a span must not be used once the tensor, or the program that it belongs to, has been disposed of, nor while a call on this backend runs.</returns>
    /// <exception cref="ArgumentException">The tensor is another backend's.</exception>
    public Memory<float> ViewOf(ITensor tensor)
    {
        using BackendUse.Visit visit = InUse.Enter();
        return new TensorMemory(Own(tensor, nameof(tensor))).Memory;
    }

    /// <inheritdoc/>
    public unsafe void Upload(ITensor target, ReadOnlySpan<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor tensor = Own(target, nameof(target));
        CheckLength(tensor, values.Length);
        float* data = tensor.Data;
        for (int i = 0; i < values.Length; i++)
        {
            data[i] = (float)values[i];
        }
    }

    /// <inheritdoc/>
    public unsafe void Upload(ITensor target, ReadOnlySpan<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor tensor = Own(target, nameof(target));
        CheckLength(tensor, values.Length);
        values.CopyTo(new Span<float>(tensor.Data, values.Length));
    }

    /// <inheritdoc/>
    public unsafe void Download(ITensor source, Span<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor tensor = Own(source, nameof(source));
        CheckLength(tensor, values.Length);
        float* data = tensor.Data;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = data[i];
        }
    }

    /// <inheritdoc/>
    public unsafe void Download(ITensor source, Span<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CpuTensor tensor = Own(source, nameof(source));
        CheckLength(tensor, values.Length);
        new ReadOnlySpan<float>(tensor.Data, values.Length).CopyTo(values);
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        using BackendUse.Visit visit = InUse.Enter();
        // Every call has done its work when it returns.
    }

    /// <inheritdoc/>
    public INetworkProgram Compile(Network network, ProgramSpec spec, CancellationToken cancellation = default)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        NetworkShape shape = new(network, spec, Level);
        MemoryForecast forecast = ForecastOf(shape);
        long available = AvailableMemory;
        if (forecast.Total > available)
        {
            throw new DeviceMemoryException(
                $"A batch of {spec.Batch} at {spec.Height} x {spec.Width} needs {forecast.Total >> 20:N0} MiB, this machine has {available >> 20:N0} MiB. "
                + (spec.Batch > 1 ? "Take a smaller batch." : "Take a smaller picture or a lower layer."),
                forecast.Total,
                available);
        }

        CancellationToken before = Pool.Cancellation;
        Pool.Cancellation = cancellation;
        try
        {
            ProgramPlan plan = new(this, network, shape, cancellation);
            try
            {
                return new CpuProgram(this, plan);
            }
            catch
            {
                plan.Dispose();
                throw;
            }
        }
        finally
        {
            Pool.Cancellation = before;
        }
    }

    /// <inheritdoc/>
    public MemoryForecast Forecast(Network network, ProgramSpec spec)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        return ForecastOf(new NetworkShape(network, spec, Level));
    }

    /// <inheritdoc/>
    public ILossLog CreateLog(int steps, int images, int columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
        return new CpuLossLog(this, steps, images, columns);
    }

    /// <inheritdoc/>
    public IReplay Record(Action step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ArgumentNullException.ThrowIfNull(step);
        return new HostReplay(this, step);
    }

    /// <summary>Ends the threads. Programs and tensors must have been disposed before.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            using BackendUse.Visit visit = InUse.Enter();
            _disposed = true;
            Pool.Dispose();
            _product.Dispose();
        }
    }

    internal void Opened() => _opened++;

    internal void Closed() => _opened--;

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    CancellationToken IHostBackend.Cancellation
    {
        get => Pool.Cancellation;
        set => Pool.Cancellation = value;
    }

    void IHostBackend.Opened() => Opened();

    void IHostBackend.Closed() => Closed();

    void IHostBackend.ThrowIfDisposed() => ThrowIfDisposed();

    /// <summary>Checks that a tensor is this backend's, and of a shape where one is given.</summary>
    internal CpuTensor Own(ITensor tensor, string name, TensorShape? shape = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor is not CpuTensor own || own.Owner != this)
        {
            throw new ArgumentException($"'{name}' was allocated by another backend.", name);
        }

        if (shape is TensorShape expected && own.Shape != expected)
        {
            throw new ArgumentException($"'{name}' has the shape {own.Shape}, expected {expected}.", name);
        }

        return own;
    }

    private static void CheckShape(TensorShape shape)
    {
        if (shape.N < 1 || shape.H < 1 || shape.W < 1 || shape.C < 1)
        {
            throw new ArgumentException($"A tensor of shape {shape} cannot be made; every dimension must be at least 1.", nameof(shape));
        }
    }

    private MemoryForecast ForecastOf(NetworkShape shape)
    {
        (long shared, long own) = ProgramPlan.WorkspaceOf(shape, Pool.Threads);
        return new MemoryForecast(shape.WeightBytes, shape.ActivationBytes, Workspace.BytesFor(shared, own, Pool.Threads));
    }

    private static void CheckLength(CpuTensor tensor, int length)
    {
        if (tensor.Shape.Count != length)
        {
            throw new ArgumentException($"{length} values for a tensor of {tensor.Shape.Count}, shape {tensor.Shape}.");
        }
    }

    private static string ProcessorName()
    {
        const string CpuInfo = "/proc/cpuinfo";
        try
        {
            if (OperatingSystem.IsLinux() && File.Exists(CpuInfo))
            {
                string? line = File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
                if (line is not null)
                {
                    return line[(line.IndexOf(':') + 1)..].Trim();
                }
            }
        }
        catch (IOException)
        {
            // The name is a courtesy.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
