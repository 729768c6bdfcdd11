using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Reads a layer's kernel as a matrix (rows, outputs) into native memory, in pieces and by all threads.</summary>
internal sealed unsafe class KernelReader : Job
{
    private const int PieceFloats = 1 << 20;
    private readonly IWeightSource _source;
    private readonly Layer _layer;
    private readonly int[]? _slice;
    private readonly float* _target;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _rowsPerPiece;
    private readonly CancellationToken _cancellation;

    private KernelReader(IWeightSource source, Layer layer, int rows, int[]? slice, int columns, float* target, CancellationToken cancellation)
    {
        _source = source;
        _layer = layer;
        _slice = slice;
        _target = target;
        _rows = rows;
        _columns = columns;
        _rowsPerPiece = Math.Clamp(PieceFloats / layer.Outputs, 1, rows);
        _cancellation = cancellation;
    }

    /// <inheritdoc/>
    public override int Chunks => (_rows + _rowsPerPiece - 1) / _rowsPerPiece;

    /// <summary>Reads a kernel.</summary>
    /// <param name="pool">Who reads.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="slice">Outputs wanted, in order; null for all.</param>
    /// <param name="multiple">Columns are filled up with zeros to a multiple of this.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>(rows, padded columns); rows are 9 x inputs or inputs.</returns>
    public static NativeBuffer Read(WorkerPool pool, IWeightSource source, Layer layer, int[]? slice, int multiple, CancellationToken cancellation)
    {
        int rows = (int)((layer.ParameterCount - layer.Outputs) / layer.Outputs);
        int wanted = slice?.Length ?? layer.Outputs;
        int columns = (wanted + multiple - 1) / multiple * multiple;
        NativeBuffer buffer = NativeBuffer.OfFloats((long)rows * columns, clear: false);
        try
        {
            pool.Run(new KernelReader(source, layer, rows, slice, columns, buffer.Floats, cancellation));
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Reads biases, filled up with zeros.</summary>
    public static NativeBuffer ReadBias(IWeightSource source, Layer layer, int[]? slice, int multiple, CancellationToken cancellation)
    {
        float[] bias = new float[layer.Outputs];
        source.Read(layer.Name, WeightPart.Bias, 0, bias, cancellation);
        int wanted = slice?.Length ?? layer.Outputs;
        NativeBuffer buffer = NativeBuffer.OfFloats((wanted + multiple - 1) / multiple * multiple);
        for (int i = 0; i < wanted; i++)
        {
            buffer.Floats[i] = bias[slice?[i] ?? i];
        }

        return buffer;
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int first = chunk * _rowsPerPiece;
        int rows = Math.Min(_rowsPerPiece, _rows - first);
        int outputs = _layer.Outputs;
        float* target = _target + ((long)first * _columns);
        if (_slice is null && _columns == outputs)
        {
            _source.Read(_layer.Name, WeightPart.Kernel, (long)first * outputs, new Span<float>(target, rows * outputs), _cancellation);
            return;
        }

        using NativeBuffer piece = NativeBuffer.OfFloats((long)rows * outputs, clear: false);
        _source.Read(_layer.Name, WeightPart.Kernel, (long)first * outputs, new Span<float>(piece.Floats, rows * outputs), _cancellation);
        int wanted = _slice?.Length ?? outputs;
        for (int row = 0; row < rows; row++)
        {
            float* from = piece.Floats + ((long)row * outputs);
            for (int i = 0; i < _columns; i++)
            {
                target[i] = i < wanted ? from[_slice?[i] ?? i] : 0f;
            }

            target += _columns;
        }
    }
}
