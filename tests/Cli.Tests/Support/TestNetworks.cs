using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Tests.Support;

/// <summary>Tiny networks as files.</summary>
internal static class TestNetworks
{
    /// <summary>Writes a seeded network of 2 channels everywhere and an input of 32 pixels.</summary>
    public static void Write(string path, int? classes, Func<float, float>? change = null)
    {
        Topology topology = new([[2, 2], [2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]], classes is int n ? Head.Create(1, 4, 4, n) : null);
        using HeWeights weights = new(topology, 7);
        using Changed changed = new(weights, change ?? (v => v));
        PlainWeightsFile.Write(changed, path, overwrite: true);
    }

    private sealed class Changed(IWeightSource inner, Func<float, float> change) : IWeightSource
    {
        public string Name => inner.Name;

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            inner.Read(layer, part, start, destination, cancellation);
            foreach (ref float value in destination)
            {
                value = change(value);
            }
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
        }
    }
}
