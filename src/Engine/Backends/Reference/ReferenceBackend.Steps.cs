namespace VggCuda.Engine.Backends.Reference;

/// <content>Bounds, noise, and what a step does by its number.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Clip(ITensor source, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Bounds(low, high);
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = x[i] < low ? low : x[i] > high ? high : x[i];
        }
    }

    /// <inheritdoc/>
    public void ClipBackward(ITensor source, ITensor gradient, ITensor target, double low, double high)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), gradient, nameof(gradient));
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Bounds(low, high);
        double[] x = ValuesOf(source, nameof(source));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < y.Length; i++)
        {
            bool leaves = (x[i] > high && g[i] < 0) || (x[i] < low && g[i] > 0);
            y[i] = leaves ? 0 : g[i];
        }
    }

    /// <inheritdoc/>
    public void Noise(ITensor source, ITensor target, ITensor seeds, ITensor step, double deviation)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Table(source, seeds, nameof(seeds), 1, step);
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        double[] table = ValuesOf(seeds, nameof(seeds));
        int images = source.Shape.N;
        int perImage = (int)source.Shape.CountPerImage;
        long row = Math.Min(StepOf(step), seeds.Shape.N - 1);
        for (int n = 0; n < images; n++)
        {
            uint seed = (uint)table[(row * images) + n];
            for (int i = 0; i < perImage; i++)
            {
                y[(n * perImage) + i] = x[(n * perImage) + i] + (deviation * NoiseField.At(seed, (uint)i));
            }
        }
    }

    /// <inheritdoc/>
    public void Accumulate(ITensor source, double factor, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(source, nameof(source), target, nameof(target));
        OperationChecks.Apart(source, nameof(source), target, nameof(target));
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        for (int i = 0; i < y.Length; i++)
        {
            y[i] += factor * x[i];
        }
    }

    /// <inheritdoc/>
    public void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.ScaleStep(before, target, factors, step);
        double[] x = ValuesOf(before, nameof(before));
        double[] y = ValuesOf(target, nameof(target));
        double factor = ValuesOf(factors, nameof(factors))[Math.Min(StepOf(step), factors.Shape.N - 1)];
        for (int i = 0; i < y.Length && factor != 1; i++)
        {
            y[i] = x[i] + (factor * (y[i] - x[i]));
        }
    }

    /// <inheritdoc/>
    public void CopyEvery(ITensor source, ITensor target, ITensor step, int every)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.CopyEvery(source, target, step, every);
        double[] x = ValuesOf(source, nameof(source));
        double[] y = ValuesOf(target, nameof(target));
        if ((StepOf(step) + 1) % every == 0)
        {
            x.CopyTo(y, 0);
        }
    }

    /// <inheritdoc/>
    public void Distance(ITensor tap, ITensor other, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.PerImage(tap, nameof(tap), value, nameof(value));
        OperationChecks.Same(tap, nameof(tap), other, nameof(other));
        OperationChecks.Same(tap, nameof(tap), gradient, nameof(gradient));
        double[] a = ValuesOf(tap, nameof(tap));
        double[] b = ValuesOf(other, nameof(other));
        double[] result = ValuesOf(value, nameof(value));
        double[] g = ValuesOf(gradient, nameof(gradient));
        int channels = tap.Shape.C;
        int positions = tap.Shape.H * tap.Shape.W;
        for (int n = 0; n < result.Length; n++)
        {
            double sum = 0;
            for (int p = n * positions; p < (n + 1) * positions; p++)
            {
                double square = 0;
                for (int c = p * channels; c < (p + 1) * channels; c++)
                {
                    square += (a[c] - b[c]) * (a[c] - b[c]);
                }

                double length = Math.Sqrt(square + 0.01);
                sum += length - 0.1;
                for (int c = p * channels; c < (p + 1) * channels; c++)
                {
                    g[c] += weight / positions * (a[c] - b[c]) / length;
                }
            }

            result[n] = weight / positions * sum;
        }
    }

    /// <inheritdoc/>
    public void Boundary(ITensor image, int width, double pull, double centre, double weight, ITensor residual, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Boundary(image, width, pull, residual, value, gradient);
        double[] x = ValuesOf(image, nameof(image));
        double[] r = ValuesOf(residual, nameof(residual));
        double[] result = ValuesOf(value, nameof(value));
        double[] g = ValuesOf(gradient, nameof(gradient));
        (int h, int w, int channels) = (image.Shape.H, image.Shape.W, image.Shape.C);
        double factor = weight / image.Shape.CountPerImage;
        Array.Clear(r);
        for (int n = 0; n < image.Shape.N; n++)
        {
            double sum = 0;
            for (int y = 0; y < h; y++)
            {
                for (int j = 0; j < w; j++)
                {
                    for (int c = 0; c < channels && IsEdge(y, j); c++)
                    {
                        double blurred = 0;
                        double norm = 0;
                        for (int v = Math.Max(0, y - 2); v <= Math.Min(h - 1, y + 2); v++)
                        {
                            for (int u = Math.Max(0, j - 2); u <= Math.Min(w - 1, j + 2); u++)
                            {
                                blurred += Tap(v - y, u - j) * x[At(n, v, u, c)];
                                norm += Tap(v - y, u - j);
                            }
                        }

                        int own = At(n, y, j, c);
                        r[own] = (blurred / norm) - x[own];
                        sum += (r[own] * r[own]) + (pull * (x[own] - centre) * (x[own] - centre));

                        // d r / d x: the tap over the norm for each pixel that was blurred, and -1 for its own.
                        for (int v = Math.Max(0, y - 2); v <= Math.Min(h - 1, y + 2); v++)
                        {
                            for (int u = Math.Max(0, j - 2); u <= Math.Min(w - 1, j + 2); u++)
                            {
                                g[At(n, v, u, c)] += 2 * factor * r[own] * Tap(v - y, u - j) / norm;
                            }
                        }

                        g[own] += 2 * factor * ((pull * (x[own] - centre)) - r[own]);
                    }
                }
            }

            result[n] = factor * sum;
        }

        bool IsEdge(int y, int j) => y < width || j < width || y >= h - width || j >= w - width;

        int At(int n, int y, int j, int c) => (((((n * h) + y) * w) + j) * channels) + c;

        static double Tap(int down, int right) => Math.Abs(down) == 2 || Math.Abs(right) == 2 ? 0.5 : 1;
    }
}
