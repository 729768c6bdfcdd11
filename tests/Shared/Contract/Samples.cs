using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Seeded inputs. All values are float32 numbers, so that no backend rounds them on the way in; image n of a batch has a stream of its own.</summary>
public static class Samples
{
    public static readonly Network WithTop = Network.FromWeights(new HeWeights(new Topology([[5, 7], [5, 13], [7, 5, 13], [7, 5, 3], [5, 7, 13]], Head.Create(1, 11, 9, 6)), 42));

    public static readonly Network WithLargerTop = Network.FromWeights(new HeWeights(new Topology([[3, 5], [7, 5], [5, 7, 5], [7, 5, 3], [5, 7, 5]], Head.Create(2, 13, 7, 9)), 43));

    public static readonly Network WithoutTop = Network.FromWeights(new HeWeights(new Topology([[7, 5], [13, 7], [5, 7, 13], [5, 7, 5], [3, 5, 17]], null), 44));

    public static readonly Network OneDense = Network.FromWeights(new HeWeights(new Topology([[5, 7], [5, 13], [7, 5, 13], [7, 5, 3], [5, 7, 13]], new Head(2, [("animals", 6)])), 48));

    public static readonly Network FourDense = Network.FromWeights(new HeWeights(new Topology([[5, 7], [5, 13], [7, 5, 13], [7, 5, 3], [5, 7, 13]], new Head(1, [("dense", 11), ("dense_1", 9), ("dense_2", 7), ("dense_3", 6)])), 49));

    public static readonly Network Vgg11 = Network.FromWeights(new HeWeights(new Topology([[5], [7], [5, 13], [7, 5], [3, 13]], Head.Create(1, 11, 9, 6)), 45));

    public static readonly Network Vgg13 = Network.FromWeights(new HeWeights(new Topology([[7, 5], [13, 7], [5, 7], [13, 5], [3, 17]], null), 46));

    public static readonly Network Vgg19 = Network.FromWeights(new HeWeights(new Topology([[5, 7], [5, 13], [7, 5, 13, 7], [5, 7, 13, 5], [7, 5, 7, 13]], Head.Create(2, 13, 7, 9)), 47));

    public static double[] Uniform(TensorShape shape, double low, double high, uint seed, int firstImage = 0)
    {
        double[] values = new double[shape.Count];
        int perImage = (int)shape.CountPerImage;
        for (int n = 0; n < shape.N; n++)
        {
            NumPyRandom random = new(seed + (1000u * (uint)(firstImage + n)));
            for (int i = 0; i < perImage; i++)
            {
                values[(n * perImage) + i] = (float)(low + ((high - low) * random.NextDouble()));
            }
        }

        return values;
    }

    /// <summary>(steps, N, 1, 2): whole numbers that reach the largest shifts that a side allows.</summary>
    public static double[] Shifts(int steps, TensorShape image, uint seed, int firstImage = 0)
    {
        double[] table = new double[steps * image.N * 2];
        for (int n = 0; n < image.N; n++)
        {
            NumPyRandom random = new(seed + (1000u * (uint)(firstImage + n)));
            for (int step = 0; step < steps; step++)
            {
                table[((step * image.N) + n) * 2] = random.NextInteger(1 - image.H, image.H);
                table[(((step * image.N) + n) * 2) + 1] = random.NextInteger(1 - image.W, image.W);
            }
        }

        return table;
    }

    /// <summary>(steps, N, 1, 6): no change at all, then maps that turn, scale, shear and move, so that part of the target lies outside the source. All are float32 numbers.</summary>
    public static double[] Maps(int steps, TensorShape from, TensorShape to, uint seed, int firstImage = 0)
    {
        double[] table = new double[steps * from.N * 6];
        for (int n = 0; n < from.N; n++)
        {
            NumPyRandom random = new(seed + (1000u * (uint)(firstImage + n)));
            for (int step = 0; step < steps; step++)
            {
                double angle = (random.NextDouble() - 0.5) * 2;
                double scale = 0.6 + random.NextDouble();
                double[] map =
                [
                    Math.Cos(angle) * scale, -Math.Sin(angle) * scale, ((random.NextDouble() - 0.3) * from.H) - 1,
                    Math.Sin(angle) * scale * 1.25, Math.Cos(angle) * scale, ((random.NextDouble() - 0.3) * from.W) - 1,
                ];
                if (step == 0)
                {
                    map = [1, 0, 0, 0, 1, 0];
                }

                for (int i = 0; i < 6; i++)
                {
                    table[(((step * from.N) + n) * 6) + i] = (float)map[i];
                }
            }
        }

        return table;
    }
}
