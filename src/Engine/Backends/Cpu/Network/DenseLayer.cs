using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A dense layer, both ways. Rows of weights whose input is zero for the whole batch are never read, and a row is read once per pass for all images.</summary>
internal sealed unsafe class DenseLayer : IDisposable
{
    // Less of a row would be read in pieces too short for the memory.
    private const int LeastColumns = 256;
    private const int RowsPerTask = 32;

    // Columns that four rows keep in the first cache together.
    private const int ColumnsAtOnce = 1024;
    private readonly float* _weights;
    private readonly float* _bias;
    private readonly int _images;
    private readonly bool _relu;
    private readonly bool _masked;
    private readonly bool _positive;
    private readonly NativeBuffer? _beforeRelu;
    private readonly NativeBuffer? _all;
    private readonly NativeBuffer _outputs;
    private readonly NativeBuffer _live;
    private readonly float* _inputs;
    private readonly int _inputStride;
    private readonly ForwardJob _forward;
    private readonly BackwardJob _backward;
    private readonly int _columnsPerTask;
    private int _liveCount;

    /// <summary>Plans it.</summary>
    /// <param name="weights">(inputs, columns), columns a multiple of 16.</param>
    /// <param name="bias">Columns.</param>
    /// <param name="inputs">(images, <paramref name="inputStride"/>): read forwards, and for its signs backwards.</param>
    /// <param name="inputStride">Floats between images.</param>
    /// <param name="inputCount">Values in.</param>
    /// <param name="outputCount">Values out.</param>
    /// <param name="images">Images.</param>
    /// <param name="relu">Whether it has its ReLU.</param>
    /// <param name="split">Whether the values before the ReLU are kept too.</param>
    /// <param name="gate">How the inputs' gradient passes the ReLU that made them.</param>
    /// <param name="kernels">Kernels of the widest vectors.</param>
    /// <param name="threads">Threads that will share it.</param>
    public DenseLayer(float* weights, float* bias, float* inputs, int inputStride, int inputCount, int outputCount, int images, bool relu, bool split, DenseGate gate, LaneKernels kernels, int threads)
    {
        _weights = weights;
        _bias = bias;
        _inputs = inputs;
        _inputStride = inputStride;
        InputCount = inputCount;
        OutputCount = outputCount;
        Columns = ColumnsFor(outputCount);
        _images = images;
        _relu = relu;
        _masked = gate.Masked;
        _positive = gate.Positive;
        _beforeRelu = split ? NativeBuffer.OfFloats((long)images * Columns) : null;
        _outputs = NativeBuffer.OfFloats((long)images * Columns);
        _live = new NativeBuffer(sizeof(int) * (long)inputCount, clear: false);
        if (!_masked)
        {
            _all = new NativeBuffer(_live.Bytes, clear: false);
            for (int row = 0; row < inputCount; row++)
            {
                ((int*)_all.Pointer)[row] = row;
            }
        }

        // Longer runs read faster; several images' sums must stay in the first cache beside the rows.
        int parts = Math.Clamp(Columns / LeastColumns, 1, (images == 1 ? 1 : 2) * threads);
        _columnsPerTask = ColumnsFor((Columns + parts - 1) / parts);
        _forward = new ForwardJob(this, kernels);
        _backward = new BackwardJob(this, kernels);
    }

    public int InputCount { get; }

    public int OutputCount { get; }

    /// <summary>Bytes of the rows that the last pass had to read.</summary>
    public long LiveWeightBytes => (long)_liveCount * Columns * sizeof(float);

    /// <summary>Outputs in whole cache lines.</summary>
    public int Columns { get; }

    /// <summary>(images, columns). Zeros behind the outputs.</summary>
    public float* Outputs => _outputs.Floats;

    /// <summary>The same before the ReLU.</summary>
    public float* BeforeRelu => _beforeRelu is null ? Outputs : _beforeRelu.Floats;

    /// <summary>Outputs in whole cache lines.</summary>
    public static int ColumnsFor(int outputs) => (outputs + 15) / 16 * 16;

    /// <summary>Bytes that it holds beside its weights.</summary>
    public static long BytesFor(int inputs, int outputs, int images, bool split, DenseGate gate) =>
        ((long)images * ColumnsFor(outputs) * sizeof(float) * (split ? 2 : 1)) + (inputs * (long)sizeof(int) * (gate.Masked ? 1 : 2));

    /// <summary>Outputs from inputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(WorkerPool pool)
    {
        int* live = (int*)_live.Pointer;
        int count = 0;
        for (int row = 0; row < InputCount; row++)
        {
            for (int image = 0; image < _images; image++)
            {
                if (_inputs[((long)image * _inputStride) + row] != 0f)
                {
                    live[count++] = row;
                    break;
                }
            }
        }

        _liveCount = count;
        pool.Run(_forward);
    }

    /// <summary>Gradient of the inputs, as far as it passes the ReLU that made them; zero elsewhere.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="outputGradient">(images, columns), zeros behind the outputs.</param>
    /// <param name="inputGradient">(images, input stride), overwritten; may not be the inputs.</param>
    public void Backward(WorkerPool pool, float* outputGradient, float* inputGradient)
    {
        NativeMemory.Clear(inputGradient, (nuint)_images * (nuint)_inputStride * sizeof(float));
        _backward.OutputGradient = outputGradient;
        _backward.InputGradient = inputGradient;
        pool.Run(_backward);
    }

    public void Dispose()
    {
        _outputs.Dispose();
        _live.Dispose();
        _beforeRelu?.Dispose();
        _all?.Dispose();
    }

    private sealed class ForwardJob(DenseLayer layer, LaneKernels kernels) : Job
    {
        public override int Chunks => (layer.Columns + layer._columnsPerTask - 1) / layer._columnsPerTask;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            int first = chunk * layer._columnsPerTask;
            int columns = Math.Min(layer._columnsPerTask, layer.Columns - first);
            int images = layer._images;
            int* live = (int*)layer._live.Pointer;
            float** rows = stackalloc float*[4];
            float** next = stackalloc float*[4];
            float** outputs = stackalloc float*[images];
            float* inputs = stackalloc float[4 * images];
            for (int image = 0; image < images; image++)
            {
                outputs[image] = layer.Outputs + ((nint)image * layer.Columns) + first;
                new Span<float>(outputs[image], columns).Clear();
            }

            for (int i = 0; i < layer._liveCount; i += 4)
            {
                int count = Math.Min(4, layer._liveCount - i);
                for (int j = 0; j < count; j++)
                {
                    int row = live[i + j];
                    rows[j] = layer._weights + ((nint)row * layer.Columns) + first;
                    for (int image = 0; image < images; image++)
                    {
                        inputs[(4 * image) + j] = layer._inputs[((long)image * layer._inputStride) + row];
                    }
                }

                for (int j = 0; j < 4; j++)
                {
                    next[j] = layer._weights + ((nint)live[Math.Min(i + 4 + j, layer._liveCount - 1)] * layer.Columns) + first;
                }

                kernels.DenseForward(inputs, images, rows, count, outputs, columns, next);
            }

            for (int image = 0; image < images; image++)
            {
                float* y = outputs[image];
                float* before = layer.BeforeRelu + ((nint)image * layer.Columns) + first;
                for (int k = 0; k < columns; k++)
                {
                    float value = y[k] + layer._bias[first + k];
                    // Where they are not kept this is the same place.
                    before[k] = value;
                    // Not value > 0: NaN must go through.
                    y[k] = layer._relu && value <= 0f ? 0f : value;
                }
            }
        }
    }

    private sealed class BackwardJob(DenseLayer layer, LaneKernels kernels) : Job
    {
        public float* OutputGradient { get; set; }

        public float* InputGradient { get; set; }

        public override int Chunks => (RowCount + RowsPerTask - 1) / RowsPerTask;

        private int RowCount => layer._masked ? layer._liveCount : layer.InputCount;

        private int* Rows => (int*)(layer._masked ? layer._live : layer._all!).Pointer;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            // From the end: what the forward pass has read last may still be in the cache.
            int end = RowCount - (chunk * RowsPerTask);
            int first = Math.Max(0, end - RowsPerTask);
            int images = layer._images;
            int vector = kernels.Width;
            float* sums = stackalloc float[(images * 8 * vector) + 16];
            sums = (float*)(((nint)sums + 63) & ~(nint)63);
            float** rows = stackalloc float*[4];
            float** next = stackalloc float*[4];
            float** gradients = stackalloc float*[images];
            for (int i = end - 1; i >= first; i -= 4)
            {
                new Span<float>(sums, images * 8 * vector).Clear();
                for (int column = 0; column < layer.Columns; column += ColumnsAtOnce)
                {
                    // Behind the last column block come the next four rows.
                    int columns = Math.Min(ColumnsAtOnce, layer.Columns - column);
                    bool last = column + columns == layer.Columns;
                    for (int j = 0; j < 4; j++)
                    {
                        rows[j] = Weights(Math.Max(i - j, 0)) + column;
                        next[j] = last ? Weights(Math.Max(i - j - 4, 0)) : rows[j] + ColumnsAtOnce;
                    }

                    for (int image = 0; image < images; image++)
                    {
                        gradients[image] = OutputGradient + ((nint)image * layer.Columns) + column;
                    }

                    kernels.DenseBackward(rows, gradients, images, columns, sums, next);
                }

                for (int j = 0; j < Math.Min(4, i - first + 1); j++)
                {
                    int row = Rows[i - j];
                    for (int image = 0; image < images; image++)
                    {
                        if (!layer._masked || layer._inputs[((long)image * layer._inputStride) + row] > 0f)
                        {
                            float value = kernels.DenseSum(sums + (((image * 4) + j) * 2 * vector));
                            InputGradient[((long)image * layer._inputStride) + row] = layer._positive && value <= 0f ? 0f : value;
                        }
                    }
                }
            }
        }

        private float* Weights(int live) => layer._weights + ((nint)Rows[live] * layer.Columns);
    }
}
