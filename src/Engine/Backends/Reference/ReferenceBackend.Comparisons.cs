namespace VggCuda.Engine.Backends.Reference;

/// <content>Objectives that look at directions or compare images, and penalties of single pictures.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Direction(ITensor tap, ITensor vector, double power, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Direction(tap, vector, power, value, gradient);
        double[] a = ValuesOf(tap, nameof(tap));
        double[] v = ValuesOf(vector, nameof(vector));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(value, nameof(value));
        TensorShape shape = tap.Shape;
        int positions = shape.H * shape.W;
        double vectorLength = 1e-4 + Math.Sqrt(v.Sum(x => x * x));
        for (int n = 0; n < shape.N; n++)
        {
            double sum = 0;
            for (int p = 0; p < positions; p++)
            {
                int first = ((n * positions) + p) * shape.C;
                double dot = 0;
                double square = 0;
                for (int c = 0; c < shape.C; c++)
                {
                    dot += a[first + c] * v[c];
                    square += a[first + c] * a[first + c];
                }

                double root = Math.Sqrt(square);
                double length = 1e-4 + root;
                double cosine = dot / (length * vectorLength);
                bool isFloor = !(cosine > 0.1);
                double factor = Math.Pow(isFloor ? 0.1 : cosine, power);
                sum += dot * factor;

                // d (d cos^p) = cos^p (1 + p) dd - p d cos^p / |a| d|a|, where the cosine counts.
                double along = factor * (isFloor ? 1 : 1 + power);
                double away = isFloor || root == 0 ? 0 : power * dot * factor / (length * root);
                for (int c = 0; c < shape.C; c++)
                {
                    g[first + c] += weight / positions * ((along * v[c]) - (away * a[first + c]));
                }
            }

            result[n] = weight * sum / positions;
        }
    }

    /// <inheritdoc/>
    /// <remarks>With S the sum of the others' G the gradient by G before its division is 2 weight / group (S - (G . S) G) / length; the tap's is twice the tap times that.</remarks>
    public void Diversity(ITensor tap, int group, double weight, ITensor grams, ITensor lengths, ITensor value, ITensor gradient)
    {
        OperationChecks.Diversity(tap, group, grams, lengths, value, gradient);
        double[] f = ValuesOf(tap, nameof(tap));
        double[] gram = ValuesOf(grams, nameof(grams));
        double[] length = ValuesOf(lengths, nameof(lengths));
        double[] result = ValuesOf(value, nameof(value));
        double[] g = ValuesOf(gradient, nameof(gradient));
        TensorShape shape = tap.Shape;
        int positions = shape.H * shape.W;
        int c = shape.C;
        int square = c * c;
        for (int n = 0; n < shape.N; n++)
        {
            double sum = 0;
            for (int k = 0; k < square; k++)
            {
                double product = 0;
                for (int p = 0; p < positions; p++)
                {
                    int first = ((n * positions) + p) * c;
                    product += f[first + (k / c)] * f[first + (k % c)];
                }

                gram[(n * square) + k] = product;
                sum += product * product;
            }

            length[2 * n] = Math.Sqrt(sum);
            for (int k = 0; k < square; k++)
            {
                gram[(n * square) + k] = sum == 0 ? 0 : gram[(n * square) + k] / length[2 * n];
            }
        }

        double[] others = new double[square];
        for (int n = 0; n < shape.N; n++)
        {
            Array.Clear(others);
            for (int m = n / group * group; m < (n / group * group) + group; m++)
            {
                for (int k = 0; k < square && m != n; k++)
                {
                    others[k] += gram[(m * square) + k];
                }
            }

            double dot = 0;
            for (int k = 0; k < square; k++)
            {
                dot += gram[(n * square) + k] * others[k];
            }

            length[(2 * n) + 1] = dot;
            result[n] = weight / group * dot;
            double factor = length[2 * n] == 0 ? 0 : 4 * weight / group / length[2 * n];
            for (int i = 0; i < positions * c; i++)
            {
                int first = (n * positions * c) + (i / c * c);
                double sum = 0;
                for (int k = 0; k < c; k++)
                {
                    sum += f[first + k] * (others[(k * c) + (i % c)] - (dot * gram[(n * square) + (k * c) + (i % c)]));
                }

                g[(n * positions * c) + i] += factor * sum;
            }
        }
    }

    /// <inheritdoc/>
    public void Alignment(ITensor tap, int group, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Groups(tap, group, value, gradient);
        double[] a = ValuesOf(tap, nameof(tap));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(value, nameof(value));
        int perImage = (int)tap.Shape.CountPerImage;
        for (int n = 0; n < tap.Shape.N; n++)
        {
            result[n] = 0;
            for (int d = 1; d <= 4 && (n % group) + d < group; d++)
            {
                double factor = weight / perImage / Math.Pow(2, d);
                for (int i = 0; i < perImage; i++)
                {
                    int here = (n * perImage) + i;
                    int there = here + (d * perImage);
                    double difference = a[here] - a[there];
                    result[n] += factor * difference * difference;
                    g[here] += 2 * factor * difference;
                    g[there] -= 2 * factor * difference;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void AbsoluteVariation(ITensor image, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.PerImage(image, nameof(image), value, nameof(value));
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        double[] x = ValuesOf(image, nameof(image));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(value, nameof(value));
        TensorShape shape = image.Shape;
        double factor = weight / shape.CountPerImage;
        for (int n = 0; n < shape.N; n++)
        {
            double sum = 0;
            for (int y = 0; y < shape.H; y++)
            {
                for (int column = 0; column < shape.W; column++)
                {
                    for (int c = 0; c < shape.C; c++)
                    {
                        int here = At(shape, n, y, column, c);
                        if (y + 1 < shape.H)
                        {
                            Pair(here, At(shape, n, y + 1, column, c));
                        }

                        if (column + 1 < shape.W)
                        {
                            Pair(here, At(shape, n, y, column + 1, c));
                        }
                    }
                }
            }

            result[n] = factor * sum;

            void Pair(int here, int there)
            {
                double difference = x[there] - x[here];
                sum += Math.Abs(difference);

                // Not Math.Sign, which has no answer for NaN.
                double sign = difference > 0 ? 1 : difference < 0 ? -1 : difference;
                g[there] += factor * sign;
                g[here] -= factor * sign;
            }
        }
    }

    /// <inheritdoc/>
    public void Decay(ITensor image, double centre, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.PerImage(image, nameof(image), value, nameof(value));
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        double[] x = ValuesOf(image, nameof(image));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] result = ValuesOf(value, nameof(value));
        int perImage = (int)image.Shape.CountPerImage;
        for (int n = 0; n < result.Length; n++)
        {
            double sum = 0;
            for (int i = n * perImage; i < (n + 1) * perImage; i++)
            {
                double difference = x[i] - centre;
                sum += difference * difference;
                g[i] += 2 * weight / perImage * difference;
            }

            result[n] = weight * sum / perImage;
        }
    }
}
