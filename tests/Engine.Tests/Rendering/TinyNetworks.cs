using System.Collections.Immutable;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Networks so small that the reference backend does hundreds of steps a second, and plans for them.</summary>
internal static class TinyNetworks
{
    public static readonly Network WithTop = Network.FromWeights(new HeWeights(new Topology([[2, 3], [2, 3], [2, 3, 2], [3, 2, 3], [2, 3, 5]], Head.Create(1, 5, 4, 9)), 3));

    public static readonly Network WithoutTop = Network.FromWeights(new HeWeights(new Topology([[2, 3], [2, 3], [4, 3, 2], [3, 2, 3], [2, 3, 5]], null), 4));

    public static RenderPlan Plan(int iterations, int count) => Presets.KerasVis(
        "predictions",
        [.. Enumerable.Range(0, count).Select(i => i % 3 == 1 ? ImmutableArray.Create(i, 8) : [i])],
        [.. Enumerable.Range(0, count).Select(i => 1337u + (uint)i)],
        33,
        35,
        iterations);

    public static void Same(ImmutableArray<RenderedImage> expected, ImmutableArray<RenderedImage> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Index, actual[i].Index);
            Assert.Equal(expected[i].Seed, actual[i].Seed);
            Assert.Equal(expected[i].Pixels, actual[i].Pixels);
            Assert.Equal(expected[i].Display, actual[i].Display);
            Assert.Equal((expected[i].BestStep, expected[i].BestTotal), (actual[i].BestStep, actual[i].BestTotal));
            Assert.Equal(expected[i].Losses, actual[i].Losses);
            Assert.Equal(expected[i].Scores.AsEnumerable(), actual[i].Scores.AsEnumerable());
        }
    }
}
