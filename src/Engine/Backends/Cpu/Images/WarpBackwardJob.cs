using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The adjoint of resampling: each pixel of the source gets, in row-major order of the target, the gradients that it had a weight in.</summary>
/// <remarks>A chunk owns some rows of the source, looks at the pixels of the target that may lie there, and adds to its own rows alone; so the order of a pixel's sum does not depend on the chunks.</remarks>
internal sealed unsafe class WarpBackwardJob : Job
{
    private const int BlockSize = 4096;
    private readonly AffineMaps _maps = new();
    private TensorShape _from;
    private TensorShape _to;
    private float* _gradient;
    private float* _target;
    private int _rows;
    private int _blocks;

    /// <inheritdoc/>
    public override int Chunks => _from.N * _blocks;

    /// <summary>Carries a gradient back.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="gradient">(N, H, W, C), with respect to the resampled images.</param>
    /// <param name="target">(N, h, w, C), overwritten.</param>
    /// <param name="maps">(steps, N, 1, 6).</param>
    /// <param name="step">The row that counts; beyond the table the last one.</param>
    public void Run(WorkerPool pool, CpuTensor gradient, CpuTensor target, CpuTensor maps, long step)
    {
        _maps.Read(maps, step);
        _from = target.Shape;
        _to = gradient.Shape;
        _gradient = gradient.Data;
        _target = target.Data;
        _rows = Math.Max(1, BlockSize / _from.W);
        _blocks = (_from.H + _rows - 1) / _rows;
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int image = chunk / _blocks;
        int first = chunk % _blocks * _rows;
        int end = Math.Min(first + _rows, _from.H);
        float* target = _target + (image * _from.CountPerImage);
        new Span<float>(target + ((nint)first * _from.W * _from.C), (end - first) * _from.W * _from.C).Clear();
        ReadOnlySpan<double> map = _maps.Of(image);
        for (int i = 0; i < _to.H; i++)
        {
            // Corners in the rows: first - 1 < y < end; in the columns: -1 < x < width.
            int from = 0;
            int to = _to.W;
            Narrow(map[1], (map[0] * i) + map[2], first - 1, end, ref from, ref to);
            Narrow(map[4], (map[3] * i) + map[5], -1, _from.W, ref from, ref to);
            if (from < to)
            {
                Row(_gradient + (image * _to.CountPerImage) + ((nint)i * _to.W * _to.C), target, map, i, from, to, first, end);
            }
        }
    }

    // The j for which slope j + start may lie between two bounds, and a little more on either side for what rounding does.
    private static void Narrow(double slope, double start, int above, int below, ref int from, ref int to)
    {
        const double Margin = 1e-6;
        double low = above - Margin - start;
        double high = below + Margin - start;
        if (slope == 0)
        {
            to = low < 0 && high > 0 ? to : from;
            return;
        }

        // May be beyond what an integer holds, or infinite.
        double first = Math.Floor(Math.Min(low / slope, high / slope)) - 1;
        double end = Math.Ceiling(Math.Max(low / slope, high / slope)) + 2;
        from = (int)Math.Max(from, Math.Min(to, first));
        to = (int)Math.Min(to, Math.Max(from, end));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(float* gradient, float* target, ReadOnlySpan<double> map, int i, int from, int to, int first, int end)
    {
        int channels = _to.C;
        for (int j = from; j < to; j++)
        {
            BilinearPoint point = BilinearPoint.At(map, i, j, _from.H, _from.W);
            float* g = gradient + ((nint)j * channels);
            if (point.IsWhole(first, end, _from.W))
            {
                point.Weights(out float a, out float b, out float c, out float d);
                float* upper = target + ((((nint)point.Row(0) * _from.W) + point.Column(0)) * channels);
                float* lower = upper + ((nint)_from.W * channels);
                for (int k = 0; k < channels; k++)
                {
                    float value = g[k];
                    upper[k] += a * value;
                    upper[k + channels] += b * value;
                    lower[k] += c * value;
                    lower[k + channels] += d * value;
                }

                continue;
            }

            for (int corner = 0; corner < 4; corner++)
            {
                int row = point.Row(corner);
                float weight = row >= first && row < end ? point.Weight(corner, _from.H, _from.W) : 0f;
                if (weight > 0)
                {
                    float* y = target + ((((nint)row * _from.W) + point.Column(corner)) * channels);
                    for (int k = 0; k < channels; k++)
                    {
                        y[k] += weight * g[k];
                    }
                }
            }
        }
    }
}
