namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Losses in managed memory.</summary>
internal sealed class CpuLossLog : ILossLog
{
    private readonly float[] _values;
    private bool _disposed;

    public CpuLossLog(CpuBackend owner, int steps, int images, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        Owner = owner;
        Steps = steps;
        Images = images;
        Columns = columns;
        _values = new float[(long)steps * images * columns];
        owner.Opened();
    }

    /// <summary>The backend that it belongs to.</summary>
    public CpuBackend Owner { get; }

    /// <inheritdoc/>
    public int Steps { get; }

    /// <inheritdoc/>
    public int Images { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    /// <summary>One step's values, (images, columns).</summary>
    public Span<float> Row(int step) => _values.AsSpan(step * Images * Columns, Images * Columns);

    /// <inheritdoc/>
    public void Read(int first, Span<double> values)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int row = Images * Columns;
        if (first < 0 || values.Length % row != 0 || (first * (long)row) + values.Length > _values.Length)
        {
            throw new ArgumentException($"{values.Length} values from row {first}: the log has {Steps} rows of {row}.", nameof(values));
        }

        ReadOnlySpan<float> source = _values.AsSpan(first * row, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = source[i];
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Owner.Closed();
        }
    }
}
