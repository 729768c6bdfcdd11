using System.Runtime.CompilerServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The dense layers up to the last one that a tap looks at: flattening, the layers with their taps, and all of it backwards.</summary>
internal sealed unsafe class DenseLayers : IDisposable
{
    private readonly PlaneLayout _pooled;
    private readonly float* _map;
    private readonly DenseShape[] _shapes;
    private readonly DenseLayer[] _layers;
    private readonly DenseTaps[] _taps;
    private readonly NativeBuffer _flat;
    private readonly NativeBuffer[] _gradients;
    private readonly int _images;

    /// <summary>Plans them.</summary>
    /// <param name="shape">What is computed.</param>
    /// <param name="map">The last map's values, and in the backward pass their gradient.</param>
    /// <param name="taps">All taps of the program.</param>
    /// <param name="matrix">A layer's weights.</param>
    /// <param name="bias">A layer's biases.</param>
    /// <param name="kernels">Kernels of the widest vectors.</param>
    /// <param name="threads">Threads that will share it.</param>
    public DenseLayers(NetworkShape shape, float* map, CpuTap[] taps, NativeBuffer[] matrix, NativeBuffer[] bias, LaneKernels kernels, int threads)
    {
        ProgramSpec spec = shape.Spec;
        _pooled = shape.LastMap.Stored;
        _map = map;
        _shapes = shape.Dense;
        _images = spec.Batch;
        _flat = NativeBuffer.OfFloats((long)_images * _shapes[0].Layer.Inputs);
        _layers = new DenseLayer[_shapes.Length];
        _taps = new DenseTaps[_shapes.Length];
        // What lies before layer i, with the stride of its inputs, and behind the last one.
        _gradients = new NativeBuffer[_shapes.Length + 1];
        float* inputs = _flat.Floats;
        int stride = _shapes[0].Layer.Inputs;
        for (int i = 0; i < _layers.Length; i++)
        {
            DenseShape own = _shapes[i];
            _layers[i] = new DenseLayer(
                matrix[i].Floats, bias[i].Floats, inputs, stride, own.Layer.Inputs, own.Slice.Count, _images, own.HasRelu, own.IsSplit, GateBefore(shape, i), kernels, threads);
            _taps[i] = new DenseTaps(own, _layers[i], taps, spec);
            _gradients[i] = NativeBuffer.OfFloats(GradientFloats(spec, stride));
            inputs = _layers[i].Outputs;
            stride = _layers[i].Columns;
        }

        _gradients[^1] = NativeBuffer.OfFloats(GradientFloats(spec, stride));
    }

    /// <summary>Bytes of the weights that the last pass had to read.</summary>
    public long LiveWeightBytes => _layers.Sum(layer => layer.LiveWeightBytes);

    /// <summary>Bytes that they hold beside their weights.</summary>
    public static long BytesFor(NetworkShape shape)
    {
        if (shape.Dense.Length == 0)
        {
            return 0;
        }

        ProgramSpec spec = shape.Spec;
        int stride = shape.Dense[0].Layer.Inputs;
        long bytes = (long)spec.Batch * stride * sizeof(float);
        for (int i = 0; i < shape.Dense.Length; i++)
        {
            DenseShape own = shape.Dense[i];
            bytes += DenseLayer.BytesFor(own.Layer.Inputs, own.Slice.Count, spec.Batch, own.IsSplit, GateBefore(shape, i)) + (GradientFloats(spec, stride) * sizeof(float));
            stride = DenseLayer.ColumnsFor(own.Slice.Count);
        }

        return bytes + (GradientFloats(spec, stride) * sizeof(float));
    }

    /// <summary>From the last map to the taps.</summary>
    public void Forward(WorkerPool pool)
    {
        Flatten(_map, _flat.Floats, toMap: false);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Forward(pool);
            _taps[i].Forward();
        }
    }

    /// <summary>From what is given at the taps to the last map's gradient.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="scales">Factors.</param>
    /// <param name="lowest">Index of the lowest layer where a gradient is wanted.</param>
    /// <param name="rescues">Whether this step rescues dead units.</param>
    /// <returns>Whether the map has a gradient now.</returns>
    public bool Backward(WorkerPool pool, GradientScales scales, int lowest, bool rescues)
    {
        bool arrived = false;
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            arrived = _taps[i].Backward(_gradients[i + 1].Floats, scales, arrived, rescues);
            if (_shapes[i].Layer.Index <= lowest)
            {
                return false;
            }

            if (arrived)
            {
                _layers[i].Backward(pool, _gradients[i + 1].Floats, _gradients[i].Floats);
            }
        }

        if (arrived)
        {
            Flatten(_map, _gradients[0].Floats, toMap: true);
        }

        return arrived;
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
    }

    private static long GradientFloats(ProgramSpec spec, int stride) => spec.NeedsGradient ? (long)spec.Batch * stride : 16;

    // How the gradient of a layer's inputs passes the ReLU that made them.
    private static DenseGate GateBefore(NetworkShape shape, int index)
    {
        ReluRule rule = shape.Spec.Relu;
        if (index == 0)
        {
            return new DenseGate(!shape.LastMap.WantsDead, rule != ReluRule.Plain && shape.LastMap.PassesReluOnArrival);
        }

        bool later = shape.Dense[index - 1].MeetsBeforeRelu;
        return new DenseGate(!later && rule != ReluRule.Deconvnet, !later && rule != ReluRule.Plain);
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
