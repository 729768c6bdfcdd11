using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Kernels.Tests.Fake;

namespace VggCuda.Kernels.Tests.Network;

public class BundledModelTests
{
    [Fact]
    public void The_recipe_on_the_bundled_model_gives_the_references_losses_and_scores()
    {
        FakeCuda.Require();
        using IWeightSource weights = KerasWeights.Open(Path.Combine(FakeCudaBuild.Root(), "models", "demo.h5"));
        Vgg16 network = Vgg16.FromWeights(weights);
        RenderPlan plan = Presets.KerasVis("predictions", [[22]], [7u], 64, 64, 3);
        using ReferenceBackend reference = new();
        RenderedImage expected = new Renderer(reference).Render(network, plan).Images[0];
        RenderedImage drawn;
        using (CudaBackend backend = CudaBackend.Open())
        {
            drawn = new Renderer(backend).Render(network, plan).Images[0];
        }

        for (int step = 0; step < plan.Iterations; step++)
        {
            double scale = expected.Losses[step].Max(Math.Abs);
            Assert.All(expected.Losses[step].Zip(drawn.Losses[step]), pair => Assert.Equal(pair.First, pair.Second, 1e-3 * scale));
        }

        Assert.Equal(expected.BestStep, drawn.BestStep);
        Assert.Equal(expected.Scores[0].Activation, drawn.Scores[0].Activation, 0.01 * Math.Abs(expected.Scores[0].Activation));
        FakeCuda.AssertClean();
    }
}
