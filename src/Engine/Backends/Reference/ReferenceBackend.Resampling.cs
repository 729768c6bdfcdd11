namespace VggCuda.Engine.Backends.Reference;

/// <content>Linear maps of images, and their adjoints.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Apart(gradient, nameof(gradient), target, nameof(target));
        OperationChecks.Same(gradient, nameof(gradient), target, nameof(target));
        OperationChecks.Table(gradient, shifts, nameof(shifts), 2, step);
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(target, nameof(target));
        double[] table = ValuesOf(shifts, nameof(shifts));
        TensorShape shape = gradient.Shape;
        long row = Math.Clamp(StepOf(step), 0, shifts.Shape.N - 1);
        Array.Clear(result);
        for (int n = 0; n < shape.N; n++)
        {
            int dy = WholeShift(table[(((row * shape.N) + n) * 2) + 0], shape.H);
            int dx = WholeShift(table[(((row * shape.N) + n) * 2) + 1], shape.W);
            for (int i = 0; i < shape.H; i++)
            {
                int fromRow = ShiftedFrom(i, dy, shape.H, mode);
                for (int j = 0; j < shape.W; j++)
                {
                    int fromColumn = ShiftedFrom(j, dx, shape.W, mode);
                    for (int c = 0; c < shape.C; c++)
                    {
                        result[At(shape, n, fromRow, fromColumn, c)] += g[At(shape, n, i, j, c)];
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Warp(ITensor source, ITensor target, ITensor maps, ITensor step, double outside)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(source, nameof(source), target, nameof(target), maps, step);
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        Array.Clear(y);
        foreach ((int from, int to, double weight) in WarpWeights(source.Shape, target.Shape, maps, step))
        {
            for (int c = 0; c < source.Shape.C; c++)
            {
                y[to + c] += weight * (x[from + c] - outside);
            }
        }

        for (int i = 0; i < y.Length && outside != 0; i++)
        {
            y[i] += outside;
        }
    }

    /// <inheritdoc/>
    public void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Warp(gradient, nameof(gradient), target, nameof(target), maps, step);
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(target, nameof(target));
        Array.Clear(result);
        foreach ((int from, int to, double weight) in WarpWeights(target.Shape, gradient.Shape, maps, step))
        {
            for (int c = 0; c < target.Shape.C; c++)
            {
                result[from + c] += weight * g[to + c];
            }
        }
    }

    /// <inheritdoc/>
    public void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed)
    {
        using BackendUse.Visit visit = InUse.Enter();
        (int outer, int terms, int results) = OperationChecks.Product(matrix, source, target, inner, transposed);
        double[] factors = ValuesOf(matrix, nameof(matrix));
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        for (int o = 0; o < outer; o++)
        {
            for (int m = 0; m < results; m++)
            {
                for (int i = 0; i < inner; i++)
                {
                    double sum = 0;
                    for (int k = 0; k < terms; k++)
                    {
                        double factor = transposed ? factors[(k * results) + m] : factors[(m * terms) + k];
                        sum += factor * x[(((o * terms) + k) * inner) + i];
                    }

                    y[(((o * results) + m) * inner) + i] = sum;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Multiply(ITensor source, ITensor factors, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Multiply(source, factors, target);
        double[] x = ValuesOf(source, nameof(source));
        double[] f = ValuesOf(factors, nameof(factors));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = x[i] * f[i % f.Length];
        }
    }

    /// <inheritdoc/>
    public void Linear(ITensor source, ITensor target, double factor, double offset)
    {
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = (factor * x[i]) + offset;
        }
    }

    /// <inheritdoc/>
    public void Sigmoid(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = low + ((high - low) / (1 + Math.Exp(-x[i])));
        }
    }

    /// <inheritdoc/>
    public void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(target, nameof(target));
        for (int i = 0; i < x.Length; i++)
        {
            // s (1 - s) as 1 / ((1 + e^-x)(1 + e^x)): no difference of nearly equal numbers.
            result[i] = g[i] * (high - low) / ((1 + Math.Exp(-x[i])) * (1 + Math.Exp(x[i])));
        }
    }

    /// <summary>Which pixel of the source counts how much in which pixel of the target, in row-major order of the target: offsets of their first channels.</summary>
    private IEnumerable<(int From, int To, double Weight)> WarpWeights(TensorShape source, TensorShape target, ITensor maps, ITensor step)
    {
        double[] table = ValuesOf(maps, nameof(maps));
        long row = Math.Clamp(StepOf(step), 0, maps.Shape.N - 1);
        for (int n = 0; n < target.N; n++)
        {
            double[] m = table.AsSpan((int)(((row * target.N) + n) * 6), 6).ToArray();
            OperationChecks.Map(m);
            for (int i = 0; i < target.H; i++)
            {
                for (int j = 0; j < target.W; j++)
                {
                    double y = (m[0] * i) + (m[1] * j) + m[2];
                    double x = (m[3] * i) + (m[4] * j) + m[5];
                    for (int py = (int)Math.Floor(Math.Clamp(y, -2, source.H)), down = 0; down < 2; down++, py++)
                    {
                        for (int px = (int)Math.Floor(Math.Clamp(x, -2, source.W)), right = 0; right < 2; right++, px++)
                        {
                            double weight = (1 - Math.Abs(y - py)) * (1 - Math.Abs(x - px));
                            if (py >= 0 && py < source.H && px >= 0 && px < source.W && weight > 0)
                            {
                                yield return (At(source, n, py, px, 0), At(target, n, i, j, 0), weight);
                            }
                        }
                    }
                }
            }
        }
    }
}
