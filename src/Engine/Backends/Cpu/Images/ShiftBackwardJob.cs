using System.Numerics;
using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The adjoint of a shift, image by image: each pixel gets the gradients of those that were filled from it, none to four, in row-major order.</summary>
internal sealed unsafe class ShiftBackwardJob : Job
{
    private TensorShape _shape;
    private float* _gradient;
    private float* _target;
    private float* _shifts;
    private ShiftMode _mode;

    /// <inheritdoc/>
    public override int Chunks => _shape.N;

    /// <summary>Carries a gradient back.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="gradient">With respect to the shifted images.</param>
    /// <param name="target">The same shape, overwritten.</param>
    /// <param name="shifts">(steps, images, 1, 2).</param>
    /// <param name="step">The row that counts; beyond the table the last one.</param>
    /// <param name="mode">What happens at the edges.</param>
    public void Run(WorkerPool pool, CpuTensor gradient, CpuTensor target, CpuTensor shifts, long step, ShiftMode mode)
    {
        _shape = gradient.Shape;
        _gradient = gradient.Data;
        _target = target.Data;
        _shifts = shifts.Data + (Math.Clamp(step, 0, shifts.Shape.N - 1) * _shape.N * 2);
        _mode = mode;
        pool.Run(this);
    }

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        AxisShift rows = AxisShift.Of(_shifts[2 * chunk], _shape.H, _mode);
        AxisShift columns = AxisShift.Of(_shifts[(2 * chunk) + 1], _shape.W, _mode);
        float* from = _gradient + (chunk * _shape.CountPerImage);
        float* to = _target + (chunk * _shape.CountPerImage);
        int row = _shape.W * _shape.C;
        int first = columns.Split * _shape.C;
        int firstTarget = columns.FirstSource * _shape.C;
        int secondTarget = columns.SecondSource * _shape.C;
        for (int y = 0; y < _shape.H; y++)
        {
            float* target = to + ((nint)y * row);
            new Span<float>(target, row).Clear();
            // The rows that row y went to, in order: around the end, straight, around the beginning.
            for (int turn = -1; turn <= 1; turn++)
            {
                int filled = y + rows.Shift + (turn * rows.Period);
                if (filled >= 0 && filled < rows.Side && rows.SourceOf(filled) == y && (turn == 0 || rows.Period > 0))
                {
                    float* g = from + ((nint)filled * row);
                    Add(g, target + firstTarget, first);
                    Add(g + first, target + secondTarget, row - first);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* source, float* target, int count)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(target + i) + Vector.Load(source + i)).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] += source[i];
        }
    }
}
