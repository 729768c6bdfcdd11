using VggCuda.Engine.Backends;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>An image operation on seeded inputs. Its results all have the images as their first axis, so that a batch can be compared with single images.</summary>
/// <param name="IsExact">Whether nothing is rounded: the operation only moves, chooses or counts.</param>
/// <param name="Run">Runs it on images from the given number on, and returns its results.</param>
public sealed record OperationCase(bool IsExact, Func<Tensors, TensorShape, int, double[][]> Run)
{
    private static readonly double[] Totals = [3, 1, double.NaN, 0.5, 0.5];

    public static IReadOnlyDictionary<string, OperationCase> All { get; } = new Dictionary<string, OperationCase>
    {
        ["Fill"] = new(true, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 1);
            t.Backend.Fill(x, -2.5);
            return [t.Get(x)];
        }),
        ["Copy"] = new(true, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 1);
            ITensor y = Image(t, shape, first, 2);
            t.Backend.Copy(x, y);
            return [t.Get(x), t.Get(y)];
        }),
        ["Shift by SciPy's wrap"] = new(true, (t, shape, first) => Shift(t, shape, first, ShiftMode.ScipyWrap, [0, 1, 2, 3, 4])),
        ["Shift by roll"] = new(true, (t, shape, first) => Shift(t, shape, first, ShiftMode.Roll, [0, 1, 2, 3, 4])),
        ["Shift beyond the table"] = new(true, (t, shape, first) => Shift(t, shape, first, ShiftMode.ScipyWrap, [5, 17])),
        ["ChannelMean"] = new(false, (t, shape, first) =>
        {
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            t.Backend.ChannelMean(Image(t, shape, first, 3), -1.5, value);
            return [t.Get(value)];
        }),
        ["TotalVariation 2"] = new(false, (t, shape, first) => TotalVariation(t, shape, first, 2)),
        ["TotalVariation 1.5"] = new(false, (t, shape, first) => TotalVariation(t, shape, first, 1.5)),
        ["TotalVariation 1"] = new(false, (t, shape, first) => TotalVariation(t, shape, first, 1)),
        ["TotalVariation 3"] = new(false, (t, shape, first) => TotalVariation(t, shape, first, 3)),
        ["LpNorm 6"] = new(false, (t, shape, first) => LpNorm(t, shape, first, 6)),
        ["LpNorm 2"] = new(false, (t, shape, first) => LpNorm(t, shape, first, 2)),
        ["LpNorm 1"] = new(false, (t, shape, first) => LpNorm(t, shape, first, 1)),
        ["LpNorm 2.5"] = new(false, (t, shape, first) => LpNorm(t, shape, first, 2.5)),
        ["LpNorm infinity"] = new(false, (t, shape, first) => LpNorm(t, shape, first, double.PositiveInfinity)),
        ["Add"] = new(false, (t, shape, first) =>
        {
            TensorShape perImage = TensorShape.PerImage(shape.N);
            ITensor a = t.Put(perImage, Samples.Uniform(perImage, -2, 2, 11, first));
            ITensor b = t.Put(perImage, Samples.Uniform(perImage, -2, 2, 12, first));
            ITensor c = t.Zeros(perImage);
            t.Backend.Add(a, b, c);
            double[] apart = t.Get(c);
            t.Backend.Add(a, c, a);
            t.Backend.Add(a, b, b);
            return [apart, t.Get(a), t.Get(b)];
        }),
        ["NormalizeRms"] = new(false, (t, shape, first) =>
        {
            ITensor g = t.Put(shape, Samples.Uniform(shape, -3e-3, 2e-3, 21, first));
            t.Backend.NormalizeRms(g, 1e-7);
            return [t.Get(g)];
        }),
        ["RmsProp"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 4);
            ITensor cache = t.Zeros(shape);
            for (uint step = 0; step < 3; step++)
            {
                t.Backend.RmsProp(x, t.Put(shape, Samples.Uniform(shape, -2, 2, 30 + step, first)), cache, 0.75, 0.9, 1e-7);
            }

            return [t.Get(x), t.Get(cache)];
        }),
        ["KeepBest"] = new(true, (t, shape, first) =>
        {
            TensorShape perImage = TensorShape.PerImage(shape.N);
            ITensor total = t.Zeros(perImage);
            ITensor step = t.Scalar(0);
            ITensor bestTotal = t.Put(perImage, [.. Enumerable.Repeat(double.PositiveInfinity, shape.N)]);
            ITensor bestStep = t.Put(perImage, [.. Enumerable.Repeat(-1.0, shape.N)]);
            ITensor best = t.Zeros(shape);
            for (int i = 0; i < Totals.Length; i++)
            {
                t.Backend.Upload(total, [.. Enumerable.Range(first, shape.N).Select(n => Totals[(i + n) % Totals.Length])]);
                t.Backend.KeepBest(total, step, Image(t, shape, first, 50 + (uint)i), bestTotal, bestStep, best);
                t.Backend.Advance(step);
            }

            return [t.Get(bestTotal), t.Get(bestStep), t.Get(best)];
        }),
        ["ShiftBackward, as SciPy wraps"] = new(false, (t, shape, first) => ShiftBackward(t, shape, first, ShiftMode.ScipyWrap)),
        ["ShiftBackward, around"] = new(true, (t, shape, first) => ShiftBackward(t, shape, first, ShiftMode.Roll)),
        ["Warp, turned and enlarged"] = new(false, (t, shape, first) => Warp(t, shape, shape, first, 0)),
        ["Warp, in grey"] = new(false, (t, shape, first) => Warp(t, shape, shape with { W = shape.W + 3 }, first, 127.5)),
        ["Warp, to another size"] = new(false, (t, shape, first) => Warp(t, shape, shape with { H = (shape.H * 3 / 2) + 1, W = (shape.W / 2) + 1 }, first, 0)),
        ["WarpBackward, turned and enlarged"] = new(false, (t, shape, first) => WarpBackward(t, shape, shape, first)),
        ["WarpBackward, to another size"] = new(false, (t, shape, first) => WarpBackward(t, shape, shape with { H = (shape.H * 3 / 2) + 1, W = (shape.W / 2) + 1 }, first)),
        ["Product, rows"] = new(false, (t, shape, first) => Product(t, shape, shape with { H = shape.H + 5 }, shape.H, shape.W * shape.C, first)),
        ["Product, columns"] = new(false, (t, shape, first) => Product(t, shape, shape with { W = (shape.W / 2) + 1 }, shape.W, shape.C, first)),
        ["Product, channels"] = new(false, (t, shape, first) => Product(t, shape, shape with { C = shape.C + 2 }, shape.C, 1, first)),
        ["Multiply"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 111);
            ITensor y = Image(t, shape, first, 112);
            ITensor factors = t.Put(shape with { N = 1 }, Samples.Uniform(shape with { N = 1 }, -2, 2, 113));
            t.Backend.Multiply(x, factors, y);
            double[] apart = t.Get(y);
            t.Backend.Multiply(x, factors, x);
            return [apart, t.Get(x)];
        }),
        ["Polar"] = new(false, (t, shape, first) =>
        {
            ITensor phase = t.Put(shape, Samples.Uniform(shape, -40, 40, 141, first));
            TensorShape one = shape with { N = 1 };
            TensorShape twice = shape with { H = 2 * shape.H };
            ITensor magnitude = t.Put(one, Samples.Uniform(one, 0.5, 3, 142));
            ITensor offset = t.Put(one, Samples.Uniform(one, 0, 6, 146));
            ITensor spectrum = t.Zeros(twice);
            t.Backend.Polar(phase, offset, magnitude, spectrum);
            ITensor target = t.Zeros(shape);
            t.Backend.PolarBackward(phase, offset, magnitude, t.Put(twice, Samples.Uniform(twice, -1, 1, 143, first)), target);
            return [t.Get(spectrum), t.Get(target), t.Get(phase)];
        }),
        ["Standardize"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 144);
            ITensor y = t.Zeros(shape);
            ITensor target = t.Zeros(shape);
            t.Backend.Standardize(x, y, 1e-2);
            t.Backend.StandardizeBackward(x, t.Put(shape, Samples.Uniform(shape, -100, 100, 145, first)), target, 1e-2);
            return shape.CountPerImage > 1 ? [t.Get(y), t.Get(target), t.Get(x)] : [t.Get(y), t.Get(x)];
        }),
        ["Linear"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 114);
            ITensor y = t.Zeros(shape);
            t.Backend.Linear(x, y, -0.75, 17.5);
            double[][] results = [t.Get(y), t.Get(x)];
            t.Backend.Linear(x, x, 2.5, -100);
            return [.. results, t.Get(x)];
        }),
        ["Sigmoid"] = new(false, (t, shape, first) =>
        {
            ITensor x = t.Put(shape, Samples.Uniform(shape, -12, 12, 81, first));
            ITensor y = t.Zeros(shape);
            ITensor g = t.Put(shape, Samples.Uniform(shape, -1, 1, 82, first));
            ITensor back = t.Zeros(shape);
            t.Backend.Sigmoid(x, y, -20, 255);
            t.Backend.SigmoidBackward(x, g, back, -20, 255);
            double[][] results = [t.Get(y), t.Get(back), t.Get(x), t.Get(g)];
            t.Backend.SigmoidBackward(x, g, g, -20, 255);
            t.Backend.Sigmoid(x, x, -20, 255);
            return [.. results, t.Get(x), t.Get(g)];
        }),
        ["Clip"] = new(true, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 151);
            ITensor y = t.Zeros(shape);
            ITensor g = t.Put(shape, Samples.Uniform(shape, -1, 1, 152, first));
            ITensor back = t.Zeros(shape);
            t.Backend.Clip(x, y, 16.5, 200);
            t.Backend.ClipBackward(x, g, back, 16.5, 200);
            double[][] results = [t.Get(y), t.Get(back), t.Get(x), t.Get(g)];
            t.Backend.ClipBackward(x, g, g, 16.5, 200);
            t.Backend.Clip(x, x, 16.5, 200);
            return [.. results, t.Get(x), t.Get(g)];
        }),
        ["Noise"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 153);
            ITensor y = t.Zeros(shape);
            ITensor seeds = t.Put(new TensorShape(3, shape.N, 1, 1), [.. Enumerable.Range(0, 3).SelectMany(row => Enumerable.Range(first, shape.N).Select(n => (double)(((row * 7919 * 977) + (n * 104729)) & 0xFFFFFF)))]);
            List<double[]> results = [];
            for (int step = 0; step < 4; step++)
            {
                t.Backend.Noise(x, y, seeds, t.Scalar(step), 40);
                results.Add(t.Get(y));
            }

            results.Add(t.Get(x));
            t.Backend.Noise(x, x, seeds, t.Scalar(1), 40);
            return [.. results, t.Get(x)];
        }),
        ["Accumulate"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 154);
            ITensor y = Image(t, shape, first, 155);
            t.Backend.Accumulate(x, -0.375, y);
            return [t.Get(y), t.Get(x)];
        }),
        ["ScaleStep"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 156);
            ITensor y = Image(t, shape, first, 157);
            ITensor factors = t.Put(new TensorShape(3, 1, 1, 1), [0.25, 1, 0.5]);
            List<double[]> results = [];
            for (int step = 0; step < 4; step++)
            {
                t.Backend.ScaleStep(x, y, factors, t.Scalar(step));
                results.Add(t.Get(y));
            }

            return [.. results, t.Get(x)];
        }),
        ["CopyEvery"] = new(true, (t, shape, first) =>
        {
            ITensor y = Image(t, shape, first, 158);
            List<double[]> results = [];
            for (int step = 0; step < 7; step++)
            {
                t.Backend.CopyEvery(Image(t, shape, first, 160 + (uint)step), y, t.Scalar(step), 3);
                results.Add(t.Get(y));
            }

            return [.. results];
        }),
        ["Distance"] = new(false, (t, shape, first) =>
        {
            ITensor a = Image(t, shape, first, 171);
            double[] other = Samples.Uniform(shape, -40, 255, 172, first);

            // Equal at the first position of each image.
            double[] own = t.Get(a);
            for (int n = 0; n < shape.N; n++)
            {
                own.AsSpan((int)(n * shape.CountPerImage), shape.C).CopyTo(other.AsSpan((int)(n * shape.CountPerImage)));
            }

            ITensor b = t.Put(shape, other);
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 173, first));
            t.Backend.Distance(a, b, 0.75, value, gradient);
            return [t.Get(value), t.Get(gradient), t.Get(a), t.Get(b)];
        }),
        ["Boundary 1"] = new(false, (t, shape, first) => Boundary(t, shape, first, 1)),
        ["Boundary 4"] = new(false, (t, shape, first) => Boundary(t, shape, first, 4)),
        ["Dot"] = new(false, (t, shape, first) =>
        {
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            t.Backend.Dot(t.Put(shape, Samples.Uniform(shape, 0, 3, 83, first)), t.Put(shape, Samples.Uniform(shape, 0, 1, 84, first)), -0.75, value);
            return [t.Get(value)];
        }),
        ["MeanSquare"] = new(false, (t, shape, first) =>
        {
            ITensor x = t.Put(shape, Samples.Uniform(shape, -40, 255, 85, first));
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 86, first));
            t.Backend.MeanSquare(x, -1.25, value, gradient);
            return [t.Get(value), t.Get(gradient), t.Get(x)];
        }),
        ["Direction 0"] = new(false, (t, shape, first) => Direction(t, shape, first, 0)),
        ["Direction 2"] = new(false, (t, shape, first) => Direction(t, shape, first, 2)),
        ["AbsoluteVariation"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 125);
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 126, first));
            t.Backend.AbsoluteVariation(x, 0.75, value, gradient);
            return [t.Get(value), t.Get(gradient), t.Get(x)];
        }),
        ["Decay"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 127);
            ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
            ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 128, first));
            t.Backend.Decay(x, 127.5, 0.75, value, gradient);
            return [t.Get(value), t.Get(gradient), t.Get(x)];
        }),
        ["Adam"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 87);
            ITensor m = t.Zeros(shape), v = t.Zeros(shape), step = t.Scalar(0);
            for (uint i = 0; i < 3; i++)
            {
                t.Backend.Adam(x, t.Put(shape, Samples.Uniform(shape, -2, 2, 88 + i, first)), m, v, step, 0.75, 0.9, 0.999, 1e-8);
                t.Backend.Advance(step);
            }

            return [t.Get(x), t.Get(m), t.Get(v)];
        }),
        ["Adam, far on"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 87);
            ITensor m = t.Put(shape, Samples.Uniform(shape, -1, 1, 91, first)), v = t.Put(shape, Samples.Uniform(shape, 0, 1, 92, first));
            t.Backend.Adam(x, t.Put(shape, Samples.Uniform(shape, -2, 2, 93, first)), m, v, t.Scalar(1_000_000), 0.75, 0.9, 0.999, 1e-8);
            return [t.Get(x), t.Get(m), t.Get(v)];
        }),
        ["Momentum"] = new(false, (t, shape, first) =>
        {
            ITensor x = Image(t, shape, first, 94);
            ITensor v = t.Put(shape, Samples.Uniform(shape, -1, 1, 95, first));
            t.Backend.Momentum(x, t.Put(shape, Samples.Uniform(shape, -2, 2, 96, first)), v, 0.25, 0.9);
            return [t.Get(x), t.Get(v)];
        }),
        ["Log"] = new(true, (t, shape, first) =>
        {
            TensorShape perImage = TensorShape.PerImage(shape.N);
            ILossLog log = t.Own(t.Backend.CreateLog(2, shape.N, 2));
            ITensor a = t.Put(perImage, Samples.Uniform(perImage, -2, 2, 61, first));
            ITensor b = t.Put(perImage, Samples.Uniform(perImage, -2, 2, 62, first));
            ITensor step = t.Scalar(0);
            t.Backend.Log(log, step, [a, b]);
            t.Backend.Advance(step);
            t.Backend.Log(log, step, [b, a]);
            t.Backend.Advance(step);
            t.Backend.Log(log, step, [a, a]);
            t.Backend.Synchronize();
            double[][] rows = [new double[shape.N * 2], new double[shape.N * 2]];
            log.Read(0, rows[0]);
            log.Read(1, rows[1]);
            return rows;
        }),
    };

    private static ITensor Image(Tensors t, TensorShape shape, int first, uint seed) => t.Put(shape, Samples.Uniform(shape, -40, 255, seed, first));

    private static double[][] Shift(Tensors t, TensorShape shape, int first, ShiftMode mode, int[] steps)
    {
        ITensor x = Image(t, shape, first, 1);
        ITensor y = Image(t, shape, first, 2);
        ITensor table = t.Put(new TensorShape(5, shape.N, 1, 2), Samples.Shifts(5, shape, 77, first));
        List<double[]> results = [];
        foreach (int step in steps)
        {
            t.Backend.Shift(x, y, table, t.Scalar(step), mode);
            results.Add(t.Get(y));
        }

        results.Add(t.Get(x));
        return [.. results];
    }

    private static double[][] ShiftBackward(Tensors t, TensorShape shape, int first, ShiftMode mode)
    {
        ITensor g = Image(t, shape, first, 101);
        ITensor back = Image(t, shape, first, 102);
        ITensor table = t.Put(new TensorShape(5, shape.N, 1, 2), Samples.Shifts(5, shape, 77, first));
        List<double[]> results = [];
        for (int step = 0; step < 6; step++)
        {
            t.Backend.ShiftBackward(g, back, table, t.Scalar(step), mode);
            results.Add(t.Get(back));
        }

        results.Add(t.Get(g));
        return [.. results];
    }

    private static double[][] Warp(Tensors t, TensorShape from, TensorShape to, int first, double outside)
    {
        ITensor x = Image(t, from, first, 103);
        ITensor y = Image(t, to, first, 104);
        ITensor table = t.Put(new TensorShape(4, from.N, 1, 6), Samples.Maps(4, from, to, 79, first));
        List<double[]> results = [];
        for (int step = 0; step < 5; step++)
        {
            t.Backend.Warp(x, y, table, t.Scalar(step), outside);
            results.Add(t.Get(y));
        }

        results.Add(t.Get(x));
        return [.. results];
    }

    private static double[][] WarpBackward(Tensors t, TensorShape from, TensorShape to, int first)
    {
        ITensor g = Image(t, to, first, 105);
        ITensor back = Image(t, from, first, 106);
        ITensor table = t.Put(new TensorShape(4, from.N, 1, 6), Samples.Maps(4, from, to, 79, first));
        List<double[]> results = [];
        for (int step = 0; step < 5; step++)
        {
            t.Backend.WarpBackward(g, back, table, t.Scalar(step));
            results.Add(t.Get(back));
        }

        results.Add(t.Get(g));
        return [.. results];
    }

    private static double[][] Product(Tensors t, TensorShape from, TensorShape to, int extent, int inner, int first)
    {
        int results = (int)(extent * to.CountPerImage / from.CountPerImage);
        TensorShape shape = new(1, results, extent, 1);
        ITensor matrix = t.Put(shape, Samples.Uniform(shape, -1, 1, 107));
        ITensor x = Image(t, from, first, 108);
        ITensor y = Image(t, to, first, 109);
        t.Backend.Product(matrix, x, y, inner, transposed: false);
        double[] forward = t.Get(y);
        t.Backend.Upload(y, Samples.Uniform(to, -1, 1, 110, first));
        t.Backend.Product(matrix, y, x, inner, transposed: true);
        return [forward, t.Get(x), t.Get(y)];
    }

    private static double[][] Boundary(Tensors t, TensorShape shape, int first, int width)
    {
        ITensor x = Image(t, shape, first, 174);
        ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
        ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 175, first));
        ITensor residual = Image(t, shape, first, 176);
        t.Backend.Boundary(x, width, 0.8, 127.5, 0.75, residual, value, gradient);
        return [t.Get(value), t.Get(gradient), t.Get(x)];
    }

    private static double[][] Direction(Tensors t, TensorShape shape, int first, double power)
    {
        ITensor x = t.Put(shape, Samples.Uniform(shape, -1, 2, 121, first));
        TensorShape one = new(1, 1, 1, shape.C);
        ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
        ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 122, first));
        t.Backend.Direction(x, t.Put(one, Samples.Uniform(one, 0.25, 1, 123)), power, -1.25, value, gradient);
        return [t.Get(value), t.Get(gradient), t.Get(x)];
    }

    private static double[][] TotalVariation(Tensors t, TensorShape shape, int first, double beta)
    {
        ITensor x = Image(t, shape, first, 5);
        ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
        ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-3, 1e-3, 6, first));
        t.Backend.TotalVariation(x, beta, 0.75, value, gradient);
        return [t.Get(value), t.Get(gradient), t.Get(x)];
    }

    private static double[][] LpNorm(Tensors t, TensorShape shape, int first, double p)
    {
        ITensor x = Image(t, shape, first, 7);
        ITensor value = t.Zeros(TensorShape.PerImage(shape.N));
        ITensor gradient = t.Put(shape, Samples.Uniform(shape, -1e-6, 1e-6, 8, first));
        t.Backend.LpNorm(x, p, 0.75, value, gradient);
        return [t.Get(value), t.Get(gradient), t.Get(x)];
    }
}
