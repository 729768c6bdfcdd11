using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Cli.Tests.Attribution;

/// <summary>A map must change where the network above is another: Adebayo et al., "Sanity Checks for Saliency Maps" (arXiv 1810.03292). Prints the table of docs/attribution.md.</summary>
public class SanityTests
{
    private static readonly string[][] Steps = [["predictions"], ["fc2", "fc1"], ["block5_conv3", "block5_conv2", "block5_conv1"]];

    // Rank correlation with the map of the trained network, once all of the above are random: below it a map has changed.
    private const double Changed = 0.65;

    [Fact]
    public void Maps_change_with_the_networks_top()
    {
        using IWeightSource trained = BundledModel.Open();
        float[] pictures = BundledModel.Samples();
        int[] classes = [0, 20, 10, 22, 18, 15];
        using CpuBackend backend = new();
        AttributionMethod[] methods = [.. BundledModel.Methods.Where(m => m is not (Rise or ScoreCam or Occlusion))];
        double[][] original = [.. methods.Select(m => Explain(trained, m))];
        double[,] similar = new double[methods.Length, Steps.Length];
        List<string> random = [];
        for (int step = 0; step < Steps.Length; step++)
        {
            random.AddRange(Steps[step]);
            using MemoryWeights changed = Randomised(trained, random);
            for (int m = 0; m < methods.Length; m++)
            {
                similar[m, step] = Similarity(original[m], Explain(changed, methods[m]), classes.Length);
            }
        }

        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        output.WriteLine("| method | classifier random | all dense layers | and block 5 |");
        for (int m = 0; m < methods.Length; m++)
        {
            output.WriteLine($"| {methods[m].Name} | {similar[m, 0]:F2} | {similar[m, 1]:F2} | {similar[m, 2]:F2} |");
        }

        string[] fail = [.. Enumerable.Range(0, methods.Length).Where(m => similar[m, Steps.Length - 1] > Changed).Select(m => methods[m].Name)];

        // Methods that see little but the picture, or the layer's maps, whatever is asked: docs/attribution.md says so of them.
        Assert.Equal([], fail.Except(["guided", "deconvnet", "grad-cam++", "layer-cam"]));
        Assert.Contains("guided", fail);

        double[] Explain(IWeightSource weights, AttributionMethod method) =>
            Array.ConvertAll(BundledModel.Explain(backend, Network.FromWeights(weights), method, pictures, classes).Maps, v => (double)v);
    }

    private static MemoryWeights Randomised(IWeightSource trained, List<string> layers)
    {
        using HeWeights he = new(Network.FromWeights(trained).Topology, 77);
        MemoryWeights changed = new("randomised weights");
        foreach (LayerWeights layer in trained.Layers)
        {
            IWeightSource source = layers.Contains(layer.Layer) ? he : trained;
            float[] kernel = new float[layer.KernelShape.Aggregate(1, (a, b) => a * b)];
            float[] bias = new float[layer.BiasLength];
            source.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
            source.Read(layer.Layer, WeightPart.Bias, 0, bias);
            changed.Add(layer.Layer, [.. layer.KernelShape], kernel, bias);
        }

        return changed;
    }

    /// <summary>Spearman's rank correlation of magnitudes, the mean over pictures; 0 where a map is the same everywhere.</summary>
    private static double Similarity(double[] one, double[] other, int pictures)
    {
        int pixels = one.Length / pictures;
        return Enumerable.Range(0, pictures).Average(i => Correlation(Ranks(one.AsSpan(i * pixels, pixels)), Ranks(other.AsSpan(i * pixels, pixels))));
    }

    private static double Correlation(double[] a, double[] b)
    {
        double meanA = a.Average();
        double meanB = b.Average();
        double both = a.Zip(b, (x, y) => (x - meanA) * (y - meanB)).Sum();
        double norm = Math.Sqrt(a.Sum(x => (x - meanA) * (x - meanA)) * b.Sum(y => (y - meanB) * (y - meanB)));
        return norm > 0 ? both / norm : 0;
    }

    // Equal values share the mean of their ranks.
    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] keys = new double[values.Length];
        int[] places = new int[values.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = Math.Abs(values[i]);
            places[i] = i;
        }

        Array.Sort(keys, places);
        double[] ranks = new double[keys.Length];
        for (int first = 0; first < keys.Length;)
        {
            int end = first + 1;
            while (end < keys.Length && keys[end] == keys[first])
            {
                end++;
            }

            for (int i = first; i < end; i++)
            {
                ranks[places[i]] = (first + end - 1) / 2.0;
            }

            first = end;
        }

        return ranks;
    }
}
