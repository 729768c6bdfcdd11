namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Transforms a convolution's kernel for one or both directions, by all threads.</summary>
internal sealed unsafe class FilterBuilder : Job, IDisposable
{
    private const int ScratchFloats = 36 * 16 * 16;
    private readonly LaneKernels _kernels;
    private readonly float* _raw;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _columns;
    private readonly int _inputLanes;
    private readonly TransformedFilters? _forward;
    private readonly TransformedFilters? _backward;
    private readonly NativeBuffer _scratch;
    private readonly TileKernels _tiles;
    private readonly int _edge;

    /// <summary>Plans the transform.</summary>
    /// <param name="kernels">Kernels of the output map's width.</param>
    /// <param name="raw">(9, inputs, columns): columns are the outputs in whole vectors.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="inputLanes">Width of the input map's vectors.</param>
    /// <param name="edge">Edge of the tiles, 4 or 2.</param>
    /// <param name="forward">Filled where not null.</param>
    /// <param name="backward">Filled where not null.</param>
    /// <param name="threads">Threads of the pool.</param>
    public FilterBuilder(LaneKernels kernels, float* raw, int inputs, int outputs, int inputLanes, int edge, TransformedFilters? forward, TransformedFilters? backward, int threads)
    {
        _kernels = kernels;
        _raw = raw;
        _inputs = inputs;
        _outputs = outputs;
        _columns = (outputs + kernels.Width - 1) / kernels.Width * kernels.Width;
        _inputLanes = inputLanes;
        _forward = forward;
        _backward = backward;
        _tiles = kernels.Tiles(edge);
        _edge = edge;
        _scratch = NativeBuffer.OfFloats((long)ScratchFloats * threads);
    }

    /// <inheritdoc/>
    public override int Chunks => (_columns / _kernels.Width) * InputBlocks;

    private int InputBlocks => (_inputs + _inputLanes - 1) / _inputLanes;

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int lanes = _kernels.Width;
        int outputBlock = chunk / InputBlocks;
        int inputBlock = chunk % InputBlocks;
        int firstInput = inputBlock * _inputLanes;
        int inputs = Math.Min(_inputLanes, _inputs - firstInput);
        float* turned = _scratch.Floats + ((nint)worker * ScratchFloats);
        nint weightStride = (nint)_inputs * _columns;
        float* weights = _raw + ((nint)firstInput * _columns) + (outputBlock * lanes);
        int lines = _edge + 2;
        if (_forward is not null)
        {
            int width = _forward.ColumnsOf(outputBlock / 2) * lanes;
            float* target = _forward.Chunk(outputBlock / 2) + ((nint)firstInput * width) + (outputBlock % 2 * lanes);
            FilterRun run = new(inputs, 1, weightStride, _columns, (nint)_inputs * width, width);
            for (int line = 0; line < lines; line++)
            {
                _tiles.FilterLine(line, weights, target + (line * lines * run.ProductStride), run);
            }
        }

        if (_backward is not null)
        {
            FilterRun run = new(inputs, 1, -weightStride, _columns, _inputLanes * lanes, lanes);
            for (int line = 0; line < lines; line++)
            {
                _tiles.FilterLine(line, weights + (8 * weightStride), turned + (line * lines * run.ProductStride), run);
            }

            Transpose(turned, inputs, outputBlock * lanes, inputBlock);
        }
    }

    public void Dispose() => _scratch.Dispose();

    // [product][input][output] to [product][output][input].
    private void Transpose(float* turned, int inputs, int firstOutput, int inputBlock)
    {
        int lanes = _kernels.Width;
        int width = _backward!.ColumnsOf(inputBlock / 2) * _inputLanes;
        float* target = _backward.Chunk(inputBlock / 2) + ((nint)firstOutput * width) + (inputBlock % 2 * _inputLanes);
        int outputs = Math.Min(lanes, _outputs - firstOutput);
        for (int product = 0; product < _backward.Products; product++)
        {
            float* from = turned + (product * _inputLanes * lanes);
            float* to = target + ((nint)product * _outputs * width);
            for (int output = 0; output < outputs; output++)
            {
                for (int input = 0; input < inputs; input++)
                {
                    to[input] = from[(input * lanes) + output];
                }

                for (int input = inputs; input < _inputLanes; input++)
                {
                    to[input] = 0f;
                }

                to += width;
            }
        }
    }
}
