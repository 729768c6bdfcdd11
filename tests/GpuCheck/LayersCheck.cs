using System.Globalization;
using VggCuda.Bench.Cuda;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Programs;

namespace VggCuda.GpuCheck;

/// <summary>Every convolution's shape, both ways, in one precision, as every graph, by the first engines of each: values against plain sums in double precision, and times.</summary>
internal static class LayersCheck
{
    private const int SampledOutputs = 400;
    private const int PlansPerVariant = 2;

    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        result.Columns("request", "graph", "engine", "ms", "TFLOP/s", "of ceiling", "workspace MiB", "largest error");
        Precision precision = settings.Precision;
        int side = settings.Small ? 32 : 8192;
        double ceiling = ProductCeiling.Measure(backend, precision, side);
        result.Note(string.Create(CultureInfo.InvariantCulture, $"{precision}: ceiling {ceiling:F1} TFLOP/s, a product of two matrices of {side} x {side} by cuBLAS; \"of ceiling\" is a share of it"));
        ProgramSpec spec = new() { Taps = [new TapSpec(settings.Topology.Find("block5_conv3")!)], Batch = 1, Height = settings.Side, Width = settings.Side, Precision = precision };
        NetworkLayout layout = NetworkLayout.Of(settings.Topology, spec);

        // The deepest first: they are the ones whose tiles are few.
        IEnumerable<ConvolutionRequest> requests = layout.Nodes.Where(n => n.Layer.Kind == LayerKind.Convolution).Reverse().SelectMany(n => new[] { layout.Forward(n), layout.Backward(n) }).Distinct();
        foreach (ConvolutionRequest request in requests)
        {
            Check(backend, request, ceiling, result);
        }
    }

    private static void Check(CudaBackend backend, ConvolutionRequest request, double ceiling, CheckResult result)
    {
        using LayerData data = new(backend, request);
        int found = 0;
        foreach (ConvolutionVariant variant in ConvolutionVariants.Ladder(request).SelectMany(r => r))
        {
            List<ConvolutionPlan> plans = backend.Plans.All(request, variant, PlansPerVariant);
            for (int i = 0; i < plans.Count; i++)
            {
                using ConvolutionPlan plan = plans[i];
                double error = data.Error(plan, SampledOutputs);
                double milliseconds = backend.Plans.Measure(plan);
                found++;
                double rate = request.Operations / milliseconds / 1e9;
                result.Row(request, variant, i + 1, milliseconds, rate, rate / ceiling, plan.WorkspaceBytes / 1048576.0, error);
                result.Require(error <= Tolerance(request.Precision), $"{request} {variant} engine {i + 1}: error {error:R}");
            }

            if (plans.Count == 0)
            {
                result.Row(request, variant, "none", "", "", "", "", "");
            }
        }

        result.Require(found > 0, $"{request}: no engine at all");
        ConvolutionPlan chosen = backend.Plans.Select(request);
        result.Row(request, "chosen: " + chosen.Variant, "", chosen.Milliseconds, request.Operations / chosen.Milliseconds / 1e9, request.Operations / chosen.Milliseconds / 1e9 / ceiling, "", "");
    }

    // One layer: half an ulp of the result's type, and for TF32 the rounding of both factors.
    private static double Tolerance(Precision precision) => precision switch
    {
        Precision.Fp32 => 1e-5,
        Precision.Bf16 => 8e-3,
        _ => 1.5e-3,
    };
}

/// <summary>Seeded tensors of one convolution, on the host as rounded to its type, and on the device.</summary>
internal sealed unsafe class LayerData : IDisposable
{
    private readonly CudaBackend _backend;
    private readonly ConvolutionRequest _request;
    private readonly float[] _source;
    private readonly float[] _kernel;
    private readonly float[] _bias;
    private readonly float[] _mask;
    private readonly List<DeviceMemory> _owned = [];
    private readonly Dictionary<string, DevicePointer> _device = [];
    private readonly Random _random = new(1);

    public LayerData(CudaBackend backend, ConvolutionRequest request)
    {
        _backend = backend;
        _request = request;
        int positions = request.Images * request.Height * request.Width;
        int from = request.Backward ? request.Outputs : request.Inputs;
        int to = request.Backward ? request.Inputs : request.Outputs;
        _source = Values(positions * from, 1, request.Element);
        _kernel = Values(9 * request.Inputs * request.Outputs, (float)Math.Sqrt(6.0 / (9 * from)), request.Element);
        _bias = Values(request.Outputs, 0.1f, request.Element);
        _mask = Values(positions * request.Inputs, 1, request.Element);
        Put("source", _source, request.Element);
        Put("bias", _bias, ElementType.Float32);
        Put("own bias", _bias, request.Element);
        Put("mask", _mask, request.Element);
        Put("forward", _kernel, request.Element);
        Put("turned", Turned(), request.Element);
        Put("result", new float[positions * to], request.Element);
    }

    public double Error(ConvolutionPlan plan, int samples)
    {
        DeviceMemory workspace = DeviceMemory.Allocate(_backend.Context, plan.WorkspaceBytes, "a workspace");
        using (workspace)
        {
            ConvolutionAddresses addresses = new(
                _device["source"],
                _device[plan.Variant.NeedsTurnedWeights() ? "turned" : "forward"],
                _device[plan.Variant == ConvolutionVariant.FusedOwnBias ? "own bias" : "bias"],
                _device["mask"],
                _device["result"],
                workspace.Pointer);
            using BoundConvolution bound = plan.Bind(addresses);
            bound.Run(_backend.NetworkKernels);
            float[] result = Get();
            return Compare(result, samples);
        }
    }

    public void Dispose() => _owned.ForEach(m => m.Dispose());

    private double Compare(float[] result, int samples)
    {
        int to = _request.Backward ? _request.Inputs : _request.Outputs;
        double largest = result.Max(Math.Abs);
        double worst = 0;
        for (int i = 0; i < samples; i++)
        {
            // The borders, where padding matters, are sampled as often as the middle.
            int y = i % 4 == 0 ? (i % 8 == 0 ? 0 : _request.Height - 1) : _random.Next(_request.Height);
            int x = i % 4 == 1 ? (i % 8 == 1 ? 0 : _request.Width - 1) : _random.Next(_request.Width);
            int n = _random.Next(_request.Images);
            int channel = _random.Next(to);
            int place = (((((n * _request.Height) + y) * _request.Width) + x) * to) + channel;
            double error = Math.Abs(Expected(n, y, x, channel, place) - result[place]);
            worst = Math.Max(worst, double.IsNaN(error) ? double.PositiveInfinity : error);
        }

        return worst / Math.Max(largest, 1e-30);
    }

    // The plain sums; backwards: dx[y, x, c] = sum over r, s, k of dy[y - r + 1, x - s + 1, k] w[k, r, s, c].
    private double Expected(int n, int y, int x, int channel, int place)
    {
        int from = _request.Backward ? _request.Outputs : _request.Inputs;
        double sum = 0;
        for (int r = 0; r < 3; r++)
        {
            for (int s = 0; s < 3; s++)
            {
                int row = _request.Backward ? y - r + 1 : y + r - 1;
                int column = _request.Backward ? x - s + 1 : x + s - 1;
                if (row < 0 || row >= _request.Height || column < 0 || column >= _request.Width)
                {
                    continue;
                }

                int at = ((((n * _request.Height) + row) * _request.Width) + column) * from;
                for (int j = 0; j < from; j++)
                {
                    (int k, int c) = _request.Backward ? (j, channel) : (channel, j);
                    sum += (double)_source[at + j] * _kernel[(((k * 9) + (r * 3) + s) * _request.Inputs) + c];
                }
            }
        }

        if (_request.Backward)
        {
            return _request.Activation && !(_mask[place] > 0) ? 0 : sum;
        }

        sum += _bias[channel];
        return _request.Activation ? Math.Max(0, sum) : sum;
    }

    private float[] Turned()
    {
        float[] turned = new float[_kernel.Length];
        for (int k = 0; k < _request.Outputs; k++)
        {
            for (int t = 0; t < 9; t++)
            {
                for (int c = 0; c < _request.Inputs; c++)
                {
                    turned[(((c * 9) + (8 - t)) * _request.Outputs) + k] = _kernel[(((k * 9) + t) * _request.Inputs) + c];
                }
            }
        }

        return turned;
    }

    private float[] Values(int count, float bound, ElementType type)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Narrow.Round(((float)_random.NextDouble() * 2 - 1) * bound, type);
        }

        return values;
    }

    private void Put(string name, float[] values, ElementType type)
    {
        byte[] bytes = Narrow.Bytes(values, type);
        DeviceMemory memory = DeviceMemory.Allocate(_backend.Context, bytes.Length, name);
        _owned.Add(memory);
        _device[name] = memory.Pointer;
        fixed (byte* first = bytes)
        {
            _backend.Stream.CopyToDevice(memory.Pointer, first, bytes.Length);
            _backend.Stream.Synchronize();
        }
    }

    private float[] Get()
    {
        byte[] bytes = new byte[_owned[^1].Bytes];
        fixed (byte* first = bytes)
        {
            _backend.Stream.CopyToHost(first, _device["result"], bytes.Length);
            _backend.Stream.Synchronize();
        }

        return Narrow.Floats(bytes, _request.Element);
    }
}
