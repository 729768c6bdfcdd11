namespace VggCuda.Engine.Backends.Reference;

/// <summary>A table of losses in memory; rows that no step has written hold zeros.</summary>
internal sealed class ReferenceLossLog : ILossLog
{
    private readonly ReferenceBackend _owner;
    private double[]? _values;

    public ReferenceLossLog(ReferenceBackend owner, int steps, int images, int columns)
    {
        _owner = owner;
        Steps = steps;
        Images = images;
        Columns = columns;
        _values = ReferenceBackend.NewArray((long)steps * images * columns, "a loss log");
        owner.Opened();
    }

    public ReferenceBackend Owner => _owner;

    /// <inheritdoc/>
    public int Steps { get; }

    /// <inheritdoc/>
    public int Images { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    /// <inheritdoc/>
    public void Read(int first, Span<double> values)
    {
        double[] all = _values ?? throw Disposed();
        int row = Images * Columns;
        if (values.Length % row != 0)
        {
            throw new ArgumentException($"{values.Length} values are no whole number of rows of {Images} x {Columns}.", nameof(values));
        }

        int count = values.Length / row;
        if (first < 0 || first + count > Steps)
        {
            throw new ArgumentOutOfRangeException(nameof(first), first, $"The log has the rows 0 to {Steps - 1}; {count} from {first} on were asked for.");
        }

        all.AsSpan(first * row, values.Length).CopyTo(values);
    }

    public void Write(long step, int image, int column, double value)
    {
        double[] all = _values ?? throw Disposed();
        if (step >= 0 && step < Steps)
        {
            all[(((step * Images) + image) * Columns) + column] = value;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_values is not null)
        {
            _values = null;
            _owner.Closed();
        }
    }

    private static ObjectDisposedException Disposed() => new(nameof(ILossLog), "The loss log has been disposed.");
}
