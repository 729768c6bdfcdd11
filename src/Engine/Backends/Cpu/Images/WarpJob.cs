using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Resamples each image through an affine map of its own, bilinearly; outside the source one value.</summary>
internal sealed unsafe class WarpJob : Job
{
    private const int BlockSize = 4096;
    private readonly AffineMaps _maps = new();
    private TensorShape _from;
    private TensorShape _to;
    private float* _source;
    private float* _target;
    private float _outside;
    private float _back;
    private int _rows;
    private int _blocks;

    /// <inheritdoc/>
    public override int Chunks => _to.N * _blocks;

    /// <summary>Resamples.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="source">(N, h, w, C).</param>
    /// <param name="target">(N, H, W, C), overwritten.</param>
    /// <param name="maps">(steps, N, 1, 6).</param>
    /// <param name="step">The row that counts; beyond the table the last one.</param>
    /// <param name="outside">What lies around the source.</param>
    public void Run(WorkerPool pool, CpuTensor source, CpuTensor target, CpuTensor maps, long step, double outside)
    {
        // Added, -0 changes no number, not even the sign of 0.
        _outside = (float)outside;
        _back = outside == 0 ? -0f : _outside;
        _maps.Read(maps, step);
        _from = source.Shape;
        _to = target.Shape;
        _source = source.Data;
        _target = target.Data;
        _rows = Math.Max(1, BlockSize / _to.W);
        _blocks = (_to.H + _rows - 1) / _rows;
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / _blocks;
        int first = chunk % _blocks * _rows;
        int end = Math.Min(first + _rows, _to.H);
        for (int i = first; i < end; i++)
        {
            Row(_source + (image * _from.CountPerImage), _target + (image * _to.CountPerImage) + ((nint)i * _to.W * _to.C), _maps.Of(image), i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(float* source, float* target, ReadOnlySpan<double> map, int i)
    {
        int channels = _to.C;
        (float outside, float back) = (_outside, _back);
        new Span<float>(target, _to.W * channels).Clear();
        for (int j = 0; j < _to.W; j++)
        {
            BilinearPoint point = BilinearPoint.At(map, i, j, _from.H, _from.W);
            if (point.IsWhole(0, _from.H, _from.W))
            {
                point.Weights(out float a, out float b, out float c, out float d);
                float* upper = source + ((((nint)point.Row(0) * _from.W) + point.Column(0)) * channels);
                float* lower = upper + ((nint)_from.W * channels);
                for (int k = 0; k < channels; k++)
                {
                    target[k] = (a * (upper[k] - outside)) + (b * (upper[k + channels] - outside)) + (c * (lower[k] - outside)) + (d * (lower[k + channels] - outside)) + back;
                }

                target += channels;
                continue;
            }

            for (int corner = 0; corner < 4; corner++)
            {
                float weight = point.Weight(corner, _from.H, _from.W);
                if (weight > 0)
                {
                    float* from = source + ((((nint)point.Row(corner) * _from.W) + point.Column(corner)) * channels);
                    for (int k = 0; k < channels; k++)
                    {
                        target[k] += weight * (from[k] - outside);
                    }
                }
            }

            for (int k = 0; k < channels; k++)
            {
                target[k] += back;
            }

            target += channels;
        }
    }
}
