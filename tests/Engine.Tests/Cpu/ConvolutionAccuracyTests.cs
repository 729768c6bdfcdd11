using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>Single convolutions of every kind against sums in double precision: relative L2 error at most 3e-6, whatever the shape.</summary>
public unsafe class ConvolutionAccuracyTests
{
    private const double Bar = 3e-6;

    // Channels in and out, rows, columns. VGG16's widths on maps small enough for a test, then sizes that divide nothing, some of them large enough for filters that are transformed as they are used.
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 64, 64, 20, 28 },
        { 64, 128, 16, 20 },
        { 128, 128, 14, 18 },
        { 128, 256, 12, 12 },
        { 256, 256, 12, 12 },
        { 256, 512, 8, 8 },
        { 512, 512, 8, 7 },
        { 8, 8, 24, 24 },
        { 16, 16, 33, 31 },
        { 1, 1, 5, 7 },
        { 3, 17, 9, 13 },
        { 17, 3, 2, 2 },
        { 24, 40, 13, 6 },
        { 33, 31, 7, 35 },
        { 5, 9, 1, 1 },
        { 128, 128, 4, 4 },
        { 512, 512, 2, 2 },
        { 301, 262, 9, 17 },
        { 300, 250, 3, 4 },
        { 19, 37, 4, 3 },
        { 16, 24, 3, 4 },
        { 40, 8, 5, 4 },
        { 31, 65, 3, 18 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Both_directions_are_as_accurate_as_promised(int inputs, int outputs, int height, int width)
    {
        Random random = new(inputs + (1000 * outputs));
        float bound = MathF.Sqrt(6f / (9 * inputs));
        float[] kernel = [.. Enumerable.Range(0, 9 * inputs * outputs).Select(_ => bound * ((2 * random.NextSingle()) - 1))];
        // As after a ReLU: half of it zeros.
        float[] x = [.. Enumerable.Range(0, height * width * inputs).Select(_ => Math.Max(0, (2 * random.NextSingle()) - 1))];
        float[] dy = [.. Enumerable.Range(0, height * width * outputs).Select(_ => (2 * random.NextSingle()) - 1)];
        double[] y = DirectConvolution.Forward(x, kernel, height, width, inputs, outputs);
        double[] dx = DirectConvolution.Forward(dy, DirectConvolution.Turn(kernel, inputs, outputs), height, width, outputs, inputs);
        foreach (SimdLevel level in Levels.Supported)
        {
            foreach (int threads in (int[])[1, 3])
            {
                using LoneConvolution convolution = new(level, threads, kernel, inputs, outputs, height, width);
                Accurate(y, convolution.Forward(x), $"forward, {level}, {threads} threads");
                Accurate(dx, convolution.Backward(dy), $"backward, {level}, {threads} threads");
            }
        }
    }

    private static void Accurate(double[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        double norm = Math.Sqrt(expected.Sum(e => e * e));
        Assert.True(error <= Bar * norm, $"{what}: relative L2 error {error / norm:E2}, allowed {Bar:E1}.");
    }

    /// <summary>One convolution with its memory, channels last outside.</summary>
    private sealed class LoneConvolution : IDisposable
    {
        private readonly WorkerPool _pool;
        private readonly List<IDisposable> _owned = [];
        private readonly PlaneLayout _inputMap;
        private readonly PlaneLayout _outputMap;
        private readonly NativeBuffer _input;
        private readonly NativeBuffer _output;
        private readonly ConvolutionPass _forward;
        private readonly ConvolutionPass _backward;

        public LoneConvolution(SimdLevel level, int threads, float[] kernel, int inputs, int outputs, int height, int width)
        {
            _pool = Own(new WorkerPool(threads));
            LaneKernels from = LaneKernels.For(level, inputs);
            LaneKernels to = LaneKernels.For(level, outputs);
            _inputMap = new PlaneLayout(1, inputs, from.Width, height, width);
            _outputMap = new PlaneLayout(1, outputs, to.Width, height, width);
            _input = Own(NativeBuffer.OfFloats(_inputMap.Floats));
            _output = Own(NativeBuffer.OfFloats(_outputMap.Floats));
            MemoryWeights weights = new("test");
            weights.Add("block1_conv2", [3, 3, inputs, outputs], kernel, new float[outputs]);
            Layer layer = new(2, "block1_conv2", LayerKind.Convolution, inputs, outputs, 0);
            using NativeBuffer raw = KernelReader.Read(_pool, weights, layer, null, to.Width, CancellationToken.None);
            (ConvolutionFilters forward, ConvolutionFilters backward) = NineWeights.Serve(inputs, outputs) ? Streamed(raw, from, to) : Transformed(raw, from, to, threads);
            NativeBuffer bias = Own(NativeBuffer.OfFloats(_outputMap.Blocks * to.Width));
            _forward = new ConvolutionPass(
                new ConvolutionSource(from, _inputMap, _input.Floats), forward, new ConvolutionTarget(to, Epilogue.Bias, _outputMap, _output.Floats, bias.Floats, null), threads);
            _backward = new ConvolutionPass(
                new ConvolutionSource(to, _outputMap, _output.Floats), backward, new ConvolutionTarget(from, Epilogue.Masked, _inputMap, _input.Floats, null, null), threads);
            ConvolutionSchedule there = new(_inputMap, inputs, outputs, to, threads);
            ConvolutionSchedule back = new(_outputMap, outputs, inputs, from, threads);
            Workspace workspace = Own(new Workspace(Math.Max(there.SharedBytes, back.SharedBytes), Math.Max(there.BytesPerThread, back.BytesPerThread), threads));
            _forward.Attach(workspace);
            _backward.Attach(workspace);
        }

        public float[] Forward(float[] x)
        {
            Move(_inputMap, _input, x, inside: true);
            _forward.Run(_pool);
            float[] y = new float[_outputMap.Height * _outputMap.Width * _outputMap.Channels];
            Move(_outputMap, _output, y, inside: false);
            return y;
        }

        public float[] Backward(float[] dy)
        {
            Move(_outputMap, _output, dy, inside: true);
            _backward.Run(_pool);
            float[] dx = new float[_inputMap.Height * _inputMap.Width * _inputMap.Channels];
            Move(_inputMap, _input, dx, inside: false);
            return dx;
        }

        public void Dispose()
        {
            for (int i = _owned.Count - 1; i >= 0; i--)
            {
                _owned[i].Dispose();
            }
        }

        private (ConvolutionFilters Forward, ConvolutionFilters Backward) Streamed(NativeBuffer raw, LaneKernels from, LaneKernels to)
        {
            NineWeights weights = Own(new NineWeights(_pool, raw.Floats, _inputMap.Channels, _outputMap.Channels, to.Width));
            return (StreamedFilters.Forward(weights, to), StreamedFilters.Backward(weights, from));
        }

        private (ConvolutionFilters Forward, ConvolutionFilters Backward) Transformed(NativeBuffer raw, LaneKernels from, LaneKernels to, int threads)
        {
            TransformedFilters forward = Own(new TransformedFilters(_inputMap.Channels, _outputMap.Channels, to.Width, _outputMap.Products));
            TransformedFilters backward = Own(new TransformedFilters(_outputMap.Channels, _inputMap.Channels, from.Width, _outputMap.Products));
            using FilterBuilder builder = new(to, raw.Floats, _inputMap.Channels, _outputMap.Channels, from.Width, _outputMap.TileEdge, forward, backward, threads);
            _pool.Run(builder);
            return (forward, backward);
        }

        private static void Move(PlaneLayout map, NativeBuffer buffer, float[] values, bool inside)
        {
            for (int i = 0; i < values.Length; i++)
            {
                int channel = i % map.Channels;
                int pixel = i / map.Channels;
                float* at = buffer.Floats + (channel / map.Lanes * map.PlaneStride) + (((pixel / map.Width) + 1) * map.RowStride) + (((pixel % map.Width) + 1) * map.Lanes) + (channel % map.Lanes);
                if (inside)
                {
                    *at = values[i];
                }
                else
                {
                    values[i] = *at;
                }
            }
        }

        private T Own<T>(T resource)
            where T : IDisposable
        {
            _owned.Add(resource);
            return resource;
        }
    }
}
