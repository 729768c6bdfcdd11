using System.Collections.Immutable;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Cli.Tests.Attribution;

/// <summary>On scenes of two known objects: how much of a map's top decile lies on the object that was asked about. Prints the table of docs/attribution.md.</summary>
public class GroundTruthTests
{
    // What each reaches, with room for another training of the bundled model; those that are not named do not localise.
    private static readonly Dictionary<string, double> Least = new()
    {
        ["grad-cam"] = 0.8,
        ["layer-cam"] = 0.8,
        ["score-cam"] = 0.8,
        ["guided-grad-cam"] = 0.8,
        ["occlusion"] = 0.8,
        ["grad-cam++"] = 0.8,
    };

    [Fact]
    public void Maps_lie_on_the_object_that_was_asked_about()
    {
        using IWeightSource weights = BundledModel.Open();
        Network network = Network.FromWeights(weights);
        using CpuBackend backend = new();
        (Scene[] scenes, float[] pictures) = BundledModel.Scenes();

        // An object that the network does not see cannot be pointed at: those count that are among its first three classes.
        (_, ImmutableArray<AttributionFacts> clean) = BundledModel.Explain(backend, network, new Saliency(), pictures, []);
        (int Scene, int Object)[] pairs = [.. from s in Enumerable.Range(0, scenes.Length) from o in (int[])[0, 1] where clean[s].Top.Take(3).Any(p => p.Class == scenes[s].Classes[o]) select (s, o)];
        Assert.True(pairs.Length >= 16, $"Only {pairs.Length} objects are recognised.");
        float[] asked = [.. pairs.SelectMany(p => pictures.Skip(p.Scene * 3 * BundledModel.Side * BundledModel.Side).Take(3 * BundledModel.Side * BundledModel.Side))];
        int[] classes = [.. pairs.Select(p => scenes[p.Scene].Classes[p.Object])];
        const int pixels = BundledModel.Side * BundledModel.Side;
        double chance = pairs.Average(p => Enumerable.Range(0, pixels).Count(i => scenes[p.Scene].IsOn(p.Object, i)) / (double)pixels);
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"{pairs.Length} objects of {scenes.Length} scenes; by chance {100 * chance:F0} %");
        output.WriteLine("| method | on the object | on the other |");
        List<string> faults = [];
        foreach (AttributionMethod method in BundledModel.MethodsAt("block5_conv3"))
        {
            (float[] maps, _) = BundledModel.Explain(backend, network, method, asked, classes);
            double right = 0;
            double wrong = 0;
            for (int i = 0; i < pairs.Length; i++)
            {
                int[] top = [.. Enumerable.Range(0, pixels).OrderByDescending(p => maps[(i * pixels) + p]).Take(pixels / 10)];
                Scene scene = scenes[pairs[i].Scene];
                right += top.Count(p => scene.IsOn(pairs[i].Object, p)) / (double)top.Length / pairs.Length;
                wrong += top.Count(p => scene.IsOn(1 - pairs[i].Object, p)) / (double)top.Length / pairs.Length;
            }

            output.WriteLine($"| {method.Name} | {100 * right:F0} % | {100 * wrong:F0} % |");
            double least = Least.GetValueOrDefault(method.Name, chance);
            if (right < least || wrong >= right)
            {
                faults.Add($"{method.Name}: {right:F3} on the object, {wrong:F3} on the other; at least {least:F3} is wanted.");
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }
}
