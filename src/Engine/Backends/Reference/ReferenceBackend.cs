using System.Globalization;
using System.Runtime.InteropServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Reference;

/// <summary>The specification of every operation: double precision, plain loops, one method per operation with its formula and source.</summary>
/// <remarks>
/// Never optimised; the other backends are held against it. It computes in double precision whatever
/// <see cref="Precision"/> a spec asks for. Everything is synchronous. A cancelled <see cref="IReplay.Run"/> ends inside
/// the network's loops, never between <see cref="IImageOperations.KeepBest"/> and <see cref="IImageOperations.Advance"/>.
/// </remarks>
public sealed partial class ReferenceBackend : IBackend, IHostBackend
{
    private readonly SharedWeights _weights;
    private bool _disposed;

    /// <summary>Creates the backend; it holds nothing until something is allocated.</summary>
    public ReferenceBackend() => _weights = new SharedWeights(this);

    /// <inheritdoc/>
    public BackendDescription Description { get; } = new(
        "reference",
        $"{RuntimeInformation.ProcessArchitecture} processor, one thread",
        new Dictionary<string, string>
        {
            ["arithmetic"] = "double precision, plain loops",
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["system"] = RuntimeInformation.OSDescription,
        });

    /// <summary>Tensors, programs, logs, replays and layers of weights that have been made and not yet disposed of.</summary>
    public int LiveResources { get; private set; }

    internal BackendUse InUse { get; } = new("reference");

    BackendUse IHostBackend.InUse => InUse;

    /// <summary>Looked at inside the network's loops while a replay runs.</summary>
    internal CancellationToken Cancellation { get; set; }

    /// <inheritdoc/>
    public ITensor Allocate(TensorShape shape)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
        if (shape.N < 1 || shape.H < 1 || shape.W < 1 || shape.C < 1)
        {
            throw new ArgumentException($"A tensor cannot have the shape {shape}; every side must be at least 1.", nameof(shape));
        }

        return new ReferenceTensor(this, shape, NewArray(shape.Count, $"a tensor {shape}"));
    }

    /// <inheritdoc/>
    public void Upload(ITensor target, ReadOnlySpan<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] own = OfLength(target, values.Length, nameof(target));
        values.CopyTo(own);
    }

    /// <inheritdoc/>
    public void Upload(ITensor target, ReadOnlySpan<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] own = OfLength(target, values.Length, nameof(target));
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = values[i];
        }
    }

    /// <inheritdoc/>
    public void Download(ITensor source, Span<double> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] own = OfLength(source, values.Length, nameof(source));
        own.CopyTo(values);
    }

    /// <inheritdoc/>
    public void Download(ITensor source, Span<float> values)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] own = OfLength(source, values.Length, nameof(source));
        for (int i = 0; i < own.Length; i++)
        {
            values[i] = (float)own[i];
        }
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
    }

    /// <inheritdoc/>
    public INetworkProgram Compile(Network network, ProgramSpec spec, CancellationToken cancellation = default)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        spec.Validate(network);
        return new ReferenceProgram(this, _weights, network, spec, cancellation);
    }

    /// <inheritdoc/>
    public MemoryForecast Forecast(Network network, ProgramSpec spec)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        spec.Validate(network);
        return ReferenceProgram.Forecast(network, spec);
    }

    /// <inheritdoc/>
    public ILossLog CreateLog(int steps, int images, int columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return new ReferenceLossLog(this, steps, images, columns);
    }

    /// <inheritdoc/>
    public IReplay Record(Action step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(step);
        return new HostReplay(this, step);
    }

    /// <summary>Ends the backend; what it made can no longer be used.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            using BackendUse.Visit visit = InUse.Enter();
            _disposed = true;
        }
    }

    internal static double[] NewArray(long count, string what) => NewArray<double>(count, what);

    internal static T[] NewArray<T>(long count, string what)
    {
        long bytes = count * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        string message = string.Create(CultureInfo.InvariantCulture, $"The reference backend cannot hold {what}: {bytes / 1048576.0:N0} MiB in one piece. Take a smaller image or a smaller batch.");
        if (count > Array.MaxLength)
        {
            throw new DeviceMemoryException(message, bytes, null);
        }

        try
        {
            return new T[count];
        }
        catch (OutOfMemoryException error)
        {
            throw new DeviceMemoryException(message, bytes, null, error);
        }
    }

    internal void Opened() => LiveResources++;

    internal void Closed() => LiveResources--;

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    CancellationToken IHostBackend.Cancellation
    {
        get => Cancellation;
        set => Cancellation = value;
    }

    void IHostBackend.Opened() => Opened();

    void IHostBackend.Closed() => Closed();

    void IHostBackend.ThrowIfDisposed() => ThrowIfDisposed();

    internal double[] ValuesOf(ITensor tensor, string name)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor is ReferenceTensor own && own.Owner == this
            ? own.Values
            : throw new ArgumentException($"The tensor {tensor.Shape} belongs to another backend; upload its values to this one.", name);
    }

    internal double[] ValuesOf(ITensor tensor, TensorShape expected, string name)
    {
        double[] values = ValuesOf(tensor, name);
        return tensor.Shape == expected
            ? values
            : throw new ArgumentException($"The tensor is {tensor.Shape}; {expected} is needed.", name);
    }

    private double[] OfLength(ITensor tensor, int length, string name)
    {
        double[] values = ValuesOf(tensor, name);
        return values.Length == length
            ? values
            : throw new ArgumentException($"{length} values for a tensor {tensor.Shape} of {values.Length}.", name);
    }
}
