using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

public class BundledModelTests
{
    [Fact]
    public void The_recipe_on_the_bundled_model_gives_the_references_losses_and_scores()
    {
        FakeCuda.Require();
        using IWeightSource weights = KerasWeights.Open(Path.Combine(FakeCudaBuild.Root(), "models", "demo.h5"));
        Network network = Network.FromWeights(weights);
        RenderPlan plan = Presets.KerasVis("predictions", [[22]], [7u], 96, 96, 3);
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

    [Fact]
    public void The_bundled_model_takes_a_picture_for_what_the_reference_takes_it_for()
    {
        FakeCuda.Require();
        using IWeightSource weights = KerasWeights.Open(Path.Combine(FakeCudaBuild.Root(), "models", "demo.h5"));
        Network network = Network.FromWeights(weights);
        int side = network.Topology.FixedInputSize!.Value;
        float[][] pictures = [.. Enumerable.Range(0, 2).Select(seed => Array.ConvertAll(Samples.Uniform(new TensorShape(1, side, side, 3), 0, 255, (uint)seed), v => (float)v))];
        using ReferenceBackend reference = new();
        ImmutableArray<ImmutableArray<Prediction>> expected = Predictor.Predict(reference, network, pictures, top: 5);
        using (CudaBackend backend = CudaBackend.Open())
        {
            ImmutableArray<ImmutableArray<Prediction>> found = Predictor.Predict(backend, network, pictures, top: 5);
            for (int i = 0; i < pictures.Length; i++)
            {
                Assert.Equal(expected[i].Select(p => p.Class), found[i].Select(p => p.Class));
                Assert.All(expected[i].Zip(found[i]), pair => Assert.Equal(pair.First.Probability, pair.Second.Probability, 1e-3 * pair.First.Probability));
            }
        }

        FakeCuda.AssertClean();
    }
}
