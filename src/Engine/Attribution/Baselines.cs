using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Baselines, drawn.</summary>
internal static class Baselines
{
    private static readonly double[] MeanColour = [Vgg16Means.Bgr[2], Vgg16Means.Bgr[1], Vgg16Means.Bgr[0]];
    private static readonly double[] Nothing = [0, 0, 0];
    private static readonly double[] Everything = [255, 255, 255];

    /// <summary>What the network sees as 0, red first.</summary>
    public static ReadOnlySpan<double> ZeroOf(Preprocessing preprocessing) => preprocessing == Preprocessing.Vgg16 ? MeanColour : Nothing;

    /// <summary>Writes the baseline of a picture, (side, side, 3).</summary>
    public static void Draw(this Baseline baseline, ReadOnlySpan<double> picture, int side, Preprocessing preprocessing, Span<double> target)
    {
        if (baseline == Baseline.Blur)
        {
            Blur(picture, side, target);
            return;
        }

        ReadOnlySpan<double> colour = baseline switch { Baseline.White => Everything, Baseline.Black => Nothing, _ => ZeroOf(preprocessing) };
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = colour[i % 3];
        }
    }

    private static void Blur(ReadOnlySpan<double> picture, int side, Span<double> target)
    {
        double deviation = side / 20.0;
        int reach = (int)Math.Ceiling(3 * deviation);
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(d => Math.Exp(-d * d / (2 * deviation * deviation)))];
        double[] across = new double[picture.Length];
        Along(picture, across, 3);
        Along(across, target, side * 3);

        void Along(ReadOnlySpan<double> source, Span<double> result, int step)
        {
            for (int i = 0; i < result.Length; i++)
            {
                int place = i / step % side;
                double sum = 0;
                double total = 0;
                for (int d = Math.Max(-reach, -place); d <= Math.Min(reach, side - 1 - place); d++)
                {
                    double weight = weights[d + reach];
                    sum += weight * source[i + (d * step)];
                    total += weight;
                }

                result[i] = sum / total;
            }
        }
    }
}
