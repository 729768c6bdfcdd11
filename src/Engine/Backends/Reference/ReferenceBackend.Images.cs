namespace VggCuda.Engine.Backends.Reference;

/// <content>Operations that move images or change them.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Fill(ITensor target, double value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Array.Fill(ValuesOf(target, nameof(target)), value);
    }

    /// <inheritdoc/>
    public void Copy(ITensor source, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] from = ValuesOf(source, nameof(source));
        double[] to = ValuesOf(target, source.Shape, nameof(target));
        from.CopyTo(to, 0);
    }

    /// <inheritdoc/>
    public void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] x = ValuesOf(source, nameof(source));
        TensorShape shape = source.Shape;
        double[] y = ValuesOf(target, shape, nameof(target));
        if (source == target)
        {
            throw new ArgumentException("An image cannot be shifted onto itself; source and target must differ.", nameof(target));
        }

        double[] table = ValuesOf(shifts, nameof(shifts));
        if (shifts.Shape != new TensorShape(shifts.Shape.N, shape.N, 1, 2))
        {
            throw new ArgumentException($"The shifts are {shifts.Shape}; (steps, {shape.N}, 1, 2) is needed.", nameof(shifts));
        }

        long row = Math.Clamp(StepOf(step), 0, shifts.Shape.N - 1);
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
                        y[At(shape, n, i, j, c)] = x[At(shape, n, fromRow, fromColumn, c)];
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>keras-vis 0.3.3 divides so that a step's size does not depend on the loss's scale.</remarks>
    public void NormalizeRms(ITensor gradient, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] g = ValuesOf(gradient, nameof(gradient));
        int perImage = (int)gradient.Shape.CountPerImage;
        for (int n = 0; n < gradient.Shape.N; n++)
        {
            Span<double> own = g.AsSpan(n * perImage, perImage);
            double sum = 0;
            foreach (double value in own)
            {
                sum += value * value;
            }

            double divisor = Math.Sqrt(sum / perImage) + epsilon;
            for (int i = 0; i < own.Length; i++)
            {
                own[i] /= divisor;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Tieleman and Hinton (2012), lecture 6.5; the epsilon's place is keras-vis's. No bias correction.</remarks>
    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        double[] x = ValuesOf(image, nameof(image));
        double[] g = ValuesOf(gradient, image.Shape, nameof(gradient));
        double[] v = ValuesOf(cache, image.Shape, nameof(cache));
        for (int i = 0; i < x.Length; i++)
        {
            v[i] = (decay * v[i]) + ((1 - decay) * g[i] * g[i]);
            x[i] -= rate * g[i] / Math.Sqrt(v[i] + epsilon);
        }
    }

    /// <summary>The index that lands on <paramref name="j"/> when n values are shifted by s, |s| &lt; n.</summary>
    /// <remarks>SciPy's wrap folds with the period n - 1: the last value counts as a copy of the first (scipy issues 1323 and 2640).</remarks>
    internal static int ShiftedFrom(int j, int s, int n, ShiftMode mode)
    {
        int period = mode == ShiftMode.ScipyWrap ? n - 1 : n;
        int from = j - s;
        return from < 0 ? from + period : from > n - 1 ? from - period : from;
    }

    private static int WholeShift(double value, int side) =>
        value == Math.Round(value) && Math.Abs(value) < side
            ? (int)value
            : throw new ArgumentException($"A shift is {value}; whole numbers between {1 - side} and {side - 1} are possible along a side of {side}.");

    private static int At(TensorShape shape, int n, int y, int x, int c) => (((((n * shape.H) + y) * shape.W) + x) * shape.C) + c;
}
