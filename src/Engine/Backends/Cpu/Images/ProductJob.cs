using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Multiplies along one axis by a matrix: target[o, m, i] = sum over k of M[m, k] source[o, k, i], by the convolutions' matrix kernel.</summary>
/// <remarks>The columns (o, i) are taken in panels of two vectors; a panel is packed once and meets all rows of the packed matrix. Each result is one chain of multiply-adds over k from 0 upwards, so neither batch nor threads change a bit.</remarks>
internal sealed unsafe class ProductJob(LaneKernels kernels, int threads) : Job, IDisposable
{
    // Multiply-adds that are worth a chunk of their own.
    private const int LeastWork = 1 << 16;
    private const int MostChunks = 1 << 16;
    private readonly int _width = 2 * kernels.Width;
    private NativeBuffer? _matrix;
    private NativeBuffer? _own;
    private long _ownFloats;
    private float* _source;
    private float* _target;
    private int _terms;
    private int _results;
    private int _inner;
    private long _columns;
    private int _panelsPerChunk;

    /// <inheritdoc/>
    public override int Chunks => (int)((Panels + _panelsPerChunk - 1) / _panelsPerChunk);

    private long Panels => (_columns + _width - 1) / _width;

    private int Blocks => (_results + kernels.MaxRows - 1) / kernels.MaxRows;

    /// <summary>Multiplies.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="matrix">(results, terms), or (terms, results) where transposed.</param>
    /// <param name="source">(outer, terms, inner).</param>
    /// <param name="target">(outer, results, inner), overwritten.</param>
    /// <param name="outer">How often the product is done.</param>
    /// <param name="terms">Values summed over.</param>
    /// <param name="results">Values produced.</param>
    /// <param name="inner">Neighbouring values that the axis moves together.</param>
    /// <param name="transposed">Whether the matrix counts transposed.</param>
    public void Run(WorkerPool pool, CpuTensor matrix, CpuTensor source, CpuTensor target, int outer, int terms, int results, int inner, bool transposed)
    {
        _source = source.Data;
        _target = target.Data;
        _terms = terms;
        _results = results;
        _inner = inner;
        _columns = (long)outer * inner;
        long work = (long)terms * results * _width;
        _panelsPerChunk = (int)Math.Max(Math.Max(1, LeastWork / work), (Panels + MostChunks - 1) / MostChunks);
        Reserve();
        Pack(matrix.Data, transposed);
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        float* panel = _own!.Floats + (worker * _ownFloats);
        float* products = panel + ((nint)_terms * _width);
        long end = Math.Min(Panels, ((long)chunk + 1) * _panelsPerChunk);
        for (long i = (long)chunk * _panelsPerChunk; i < end; i++)
        {
            Panel(i * _width, (int)Math.Min(_width, _columns - (i * _width)), panel, products);
        }
    }

    public void Dispose()
    {
        _matrix?.Dispose();
        _own?.Dispose();
    }

    private void Reserve()
    {
        long matrix = (_terms + 15L) / 16 * 16 * _results;
        if (_matrix is null || _matrix.Bytes < matrix * sizeof(float))
        {
            _matrix?.Dispose();
            _matrix = null;
            _matrix = NativeBuffer.OfFloats(matrix);
        }

        // A panel and its products; threads' parts apart by an odd number of cache lines.
        long own = 16 * (((((_terms + kernels.MaxRows) * (long)_width) + 15) / 16) | 1);
        if (_own is null || own > _ownFloats)
        {
            _own?.Dispose();
            _own = null;
            _ownFloats = own;
            _own = NativeBuffer.OfFloats(own * threads);
        }
    }

    private int FirstRow(int block) => (int)((long)block * _results / Blocks);

    // Blocks of rows as the kernel reads them: [16 terms][row][16].
    private void Pack(float* matrix, bool transposed)
    {
        float* to = _matrix!.Floats;
        for (int block = 0; block < Blocks; block++)
        {
            int first = FirstRow(block);
            int end = FirstRow(block + 1);
            for (int k = 0; k < _terms; k += 16)
            {
                int count = Math.Min(16, _terms - k);
                for (int row = first; row < end; row++)
                {
                    for (int j = 0; j < count; j++)
                    {
                        to[j] = transposed ? matrix[((nint)(k + j) * _results) + row] : matrix[((nint)row * _terms) + k + j];
                    }

                    to += 16;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Panel(long firstColumn, int count, float* panel, float* products)
    {
        // Where each column's first value lies in the source and in the target.
        long* from = stackalloc long[count];
        long* to = stackalloc long[count];
        long outer = firstColumn / _inner;
        long inner = firstColumn % _inner;
        bool together = inner + count <= _inner;
        for (int i = 0; i < count; i++)
        {
            from[i] = (outer * _terms * _inner) + inner;
            to[i] = (outer * _results * _inner) + inner;
            if (++inner == _inner)
            {
                inner = 0;
                outer++;
            }
        }

        int vectors = count > kernels.Width ? 2 : 1;
        int width = vectors * kernels.Width;
        for (int k = 0; k < _terms; k++)
        {
            float* row = panel + ((nint)k * width);
            float* source = _source + ((long)k * _inner);
            if (together)
            {
                new ReadOnlySpan<float>(source + from[0], count).CopyTo(new Span<float>(row, count));
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    row[i] = source[from[i]];
                }
            }

            for (int i = count; i < width; i++)
            {
                row[i] = 0f;
            }
        }

        float* matrix = _matrix!.Floats;
        for (int block = 0; block < Blocks; block++)
        {
            int first = FirstRow(block);
            int rows = FirstRow(block + 1) - first;
            kernels.Gemm(vectors, rows, far: false)(matrix, panel, products, _terms >> 4, 16, _terms & 15, rows * 16, false);
            matrix += (nint)rows * ((_terms + 15) / 16 * 16);
            for (int row = 0; row < rows; row++)
            {
                float* result = products + (row * width);
                float* target = _target + ((long)(first + row) * _inner);
                if (together)
                {
                    new ReadOnlySpan<float>(result, count).CopyTo(new Span<float>(target + to[0], count));
                }
                else
                {
                    for (int i = 0; i < count; i++)
                    {
                        target[to[i]] = result[i];
                    }
                }
            }
        }
    }
}
