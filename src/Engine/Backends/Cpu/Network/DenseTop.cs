using System.Runtime.CompilerServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The dense layers up to the tap: flattening, the layers, the wanted units, softmax, and all of it backwards.</summary>
internal sealed unsafe class DenseTop : IDisposable
{
    private readonly PlaneLayout _pooled;
    private readonly float* _map;
    private readonly DenseLayer[] _layers;
    private readonly TapSlice _slice;
    private readonly bool _softmax;
    private readonly bool _tapRelu;
    private readonly NativeBuffer _flat;
    private readonly NativeBuffer[] _gradients;
    private readonly double[] _probabilities;
    private readonly double[] _weighted;
    private readonly int _images;

    /// <summary>Plans it.</summary>
    /// <param name="spec">The program's spec.</param>
    /// <param name="pooled">block5_pool's map.</param>
    /// <param name="map">Its values, and in the backward pass their gradient.</param>
    /// <param name="layers">The layers up to the tap.</param>
    /// <param name="slice">The tap's units.</param>
    /// <param name="matrix">A layer's weights.</param>
    /// <param name="bias">A layer's biases.</param>
    /// <param name="kernels">Kernels of the widest vectors.</param>
    /// <param name="threads">Threads that will share it.</param>
    public DenseTop(ProgramSpec spec, PlaneLayout pooled, float* map, Layer[] layers, TapSlice slice, NativeBuffer[] matrix, NativeBuffer[] bias, LaneKernels kernels, int threads)
    {
        _pooled = pooled;
        _map = map;
        _slice = slice;
        _images = spec.Batch;
        bool after = spec.Taps[0].Point == TapPoint.AfterActivation;
        bool isTop = layers.Length == 3;
        _softmax = isTop && after && spec.Top == TopActivation.Softmax;
        _tapRelu = !isTop && after;
        _flat = NativeBuffer.OfFloats((long)_images * layers[0].Inputs);
        _layers = new DenseLayer[layers.Length];
        _gradients = new NativeBuffer[layers.Length];
        float* inputs = _flat.Floats;
        int stride = layers[0].Inputs;
        for (int i = 0; i < layers.Length; i++)
        {
            bool last = i == layers.Length - 1;
            _layers[i] = new DenseLayer(
                matrix[i].Floats, bias[i].Floats, inputs, stride, layers[i].Inputs, last ? slice.Count : layers[i].Outputs, _images, last ? _tapRelu : true, kernels, threads);
            // What lies before layer i, with the stride of its inputs.
            _gradients[i] = NativeBuffer.OfFloats(spec.NeedsGradient ? (long)_images * stride : 16);
            inputs = _layers[i].Outputs;
            stride = _layers[i].Columns;
        }

        TapGradient = NativeBuffer.OfFloats((long)_images * stride);
        _probabilities = new double[_softmax ? _images * slice.Count : 0];
        _weighted = new double[_softmax ? slice.Count : 0];
    }

    /// <summary>Bytes of the weights that the last pass had to read.</summary>
    public long LiveWeightBytes => _layers.Sum(layer => layer.LiveWeightBytes);

    private NativeBuffer TapGradient { get; }

    private DenseLayer Last => _layers[^1];

    /// <summary>From the pooled map to the tap.</summary>
    public void Forward(WorkerPool pool, float* tap)
    {
        Flatten(_map, _flat.Floats, toMap: false);
        foreach (DenseLayer layer in _layers)
        {
            layer.Forward(pool);
        }

        for (int image = 0; image < _images; image++)
        {
            float* outputs = Last.Outputs + ((nint)image * Last.Columns);
            Span<double> probabilities = _probabilities.AsSpan(_softmax ? image * Last.OutputCount : 0, _softmax ? Last.OutputCount : 0);
            if (_softmax)
            {
                Softmax(outputs, probabilities);
            }

            for (int k = 0; k < _slice.Wanted; k++)
            {
                int position = _slice.Positions[(image * _slice.Wanted) + k];
                tap[(image * _slice.Wanted) + k] = position < 0 ? 0f : _softmax ? (float)probabilities[position] : outputs[position];
            }
        }
    }

    /// <summary>From the tap's gradient to the pooled map's.</summary>
    public void Backward(WorkerPool pool, float* tapGradient, float* scales)
    {
        TapToOutputs(tapGradient, scales);
        float* gradient = TapGradient.Floats;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            _layers[i].Backward(pool, gradient, _gradients[i].Floats);
            gradient = _gradients[i].Floats;
        }

        Flatten(_map, gradient, toMap: true);
    }

    public void Dispose()
    {
        foreach (DenseLayer layer in _layers)
        {
            layer.Dispose();
        }

        foreach (NativeBuffer buffer in _gradients)
        {
            buffer.Dispose();
        }

        _flat.Dispose();
        TapGradient.Dispose();
    }

    private static void Softmax(float* logits, Span<double> probabilities)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < probabilities.Length; i++)
        {
            largest = Math.Max(largest, logits[i]);
        }

        double sum = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(logits[i] - largest);
        }

        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] /= sum;
        }
    }

    private void TapToOutputs(float* tapGradient, float* scales)
    {
        for (int image = 0; image < _images; image++)
        {
            float* outputs = Last.Outputs + ((nint)image * Last.Columns);
            float* gradient = TapGradient.Floats + ((nint)image * Last.Columns);
            new Span<float>(gradient, Last.Columns).Clear();
            ReadOnlySpan<int> positions = _slice.Positions.AsSpan(image * _slice.Wanted, _slice.Wanted);
            float* wanted = tapGradient + ((nint)image * _slice.Wanted);
            if (_softmax)
            {
                SoftmaxGradient(wanted, positions, image, scales, gradient);
                continue;
            }

            for (int k = 0; k < positions.Length; k++)
            {
                if (positions[k] >= 0 && (!_tapRelu || outputs[positions[k]] > 0f))
                {
                    gradient[positions[k]] += wanted[k] * scales[image];
                }
            }
        }
    }

    // dz_i = p_i (g_i - sum_j g_j p_j). A saturated unit's gradient may be far below what a float holds, so it is scaled here, in double, and the factor handed on.
    private void SoftmaxGradient(float* wanted, ReadOnlySpan<int> positions, int image, float* scales, float* gradient)
    {
        ReadOnlySpan<double> p = _probabilities.AsSpan(image * Last.OutputCount, Last.OutputCount);
        Span<double> g = _weighted;
        g.Clear();
        for (int k = 0; k < positions.Length; k++)
        {
            if (positions[k] >= 0)
            {
                g[positions[k]] += wanted[k] * (double)scales[image];
            }
        }

        double mean = 0;
        for (int i = 0; i < p.Length; i++)
        {
            mean += g[i] * p[i];
        }

        double largest = 0;
        for (int i = 0; i < p.Length; i++)
        {
            g[i] = p[i] * (g[i] - mean);
            largest = Math.Max(largest, Math.Abs(g[i]));
        }

        float factor = GradientScale.For(largest);
        if ((double)factor * scales[image] is > 1e-37 and < 1e37)
        {
            scales[image] *= factor;
        }
        else
        {
            factor = 1f;
        }

        for (int i = 0; i < p.Length; i++)
        {
            gradient[i] = (float)(g[i] * factor);
        }
    }

    // Keras flattens (y, x, channel).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Flatten(float* map, float* flat, bool toMap)
    {
        int channels = _pooled.Channels;
        for (int image = 0; image < _images; image++)
        {
            for (int y = 0; y < _pooled.Height; y++)
            {
                for (int x = 0; x < _pooled.Width; x++)
                {
                    float* at = map + (image * _pooled.ImageStride) + ((nint)(y + 1) * _pooled.RowStride) + ((nint)(x + 1) * _pooled.Lanes);
                    for (int channel = 0; channel < channels; channel += _pooled.Lanes)
                    {
                        int count = Math.Min(_pooled.Lanes, channels - channel);
                        for (int lane = 0; lane < count; lane++)
                        {
                            if (toMap)
                            {
                                at[lane] = flat[channel + lane];
                            }
                            else
                            {
                                flat[channel + lane] = at[lane];
                            }
                        }

                        at += _pooled.PlaneStride;
                    }

                    flat += channels;
                }
            }
        }
    }
}
