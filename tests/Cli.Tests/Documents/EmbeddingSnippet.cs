// begin
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
// end

namespace VggCuda.Cli.Tests.Documents;

/// <summary>README's lines for a program of one's own: compiled here, compared with README by <see cref="EmbeddingSnippetTests"/>.</summary>
internal static class EmbeddingSnippet
{
    /// <summary>Draws in the folder that it is called in.</summary>
    public static byte[] Run()
    {
        // begin
        using KerasWeights weights = KerasWeights.Open("vgg16_weights_tf_dim_ordering_tf_kernels.h5");
        Network network = Network.FromWeights(weights);
        using CpuBackend backend = new();
        RenderPlan plan = Presets.KerasVis("predictions", channels: [[20]], seeds: [1337], height: 224, width: 224, iterations: 500);
        RenderResult result = new Renderer(backend).Render(network, plan);
        byte[] rgb = result.Images[0].Display; // (224, 224, 3), 0..255
        // end
        return rgb;
    }
}
