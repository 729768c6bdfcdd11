namespace VggCuda.Engine.Backends.Reference;

/// <summary>A tensor of the reference backend: one array of doubles, (N, H, W, C) in C order.</summary>
internal sealed class ReferenceTensor : ITensor
{
    private double[]? _values;

    public ReferenceTensor(ReferenceBackend owner, TensorShape shape, double[] values)
    {
        Owner = owner;
        Shape = shape;
        _values = values;
        owner.Opened();
    }

    public ReferenceBackend Owner { get; }

    /// <inheritdoc/>
    public TensorShape Shape { get; }

    /// <summary>The values themselves.</summary>
    /// <exception cref="ObjectDisposedException">The tensor has been disposed.</exception>
    public double[] Values => _values ?? throw new ObjectDisposedException(nameof(ITensor), $"The tensor {Shape} has been disposed.");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_values is not null)
        {
            _values = null;
            Owner.Closed();
        }
    }
}
