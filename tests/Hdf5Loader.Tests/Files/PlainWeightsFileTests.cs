using System.Security.Cryptography;
using PureHDF;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>The writer, read back by an independent library.</summary>
public sealed class PlainWeightsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, 22)]
    [InlineData(false, 18)]
    public void Another_library_finds_the_published_layout_and_every_value(bool top, int groups)
    {
        HeWeights weights = new(SyntheticNetwork.Create(16, 64, 10, top), 5);
        Write(weights, _folder["w.h5"]);

        using var file = H5File.OpenRead(_folder["w.h5"]);
        string[] layers = file.Attribute("layer_names").Read<string[]>();
        Assert.Equal([.. weights.Topology.Layers.Skip(1).Select(l => l.Name)], layers);
        Assert.Equal(groups, layers.Length);
        Assert.Equal([.. layers.Order(StringComparer.Ordinal)], [.. file.Children().Select(c => c.Name).Order(StringComparer.Ordinal)]);
        foreach (string layer in layers)
        {
            IH5Group group = file.Group(layer);
            IH5Attribute names = group.Attribute("weight_names");
            LayerWeights? info = weights.Layers.FirstOrDefault(l => l.Layer == layer);
            if (info is null)
            {
                Assert.Equal([0UL], names.Space.Dimensions);
                Assert.Empty(group.Children());
                continue;
            }

            Assert.Equal([$"{layer}_W_1:0", $"{layer}_b_1:0"], names.Read<string[]>());
            Assert.Equal(H5DataTypeClass.String, names.Type.Class);
            AssertSame(group.Dataset($"{layer}_W_1:0"), weights, layer, WeightPart.Kernel, [.. info.KernelShape]);
            AssertSame(group.Dataset($"{layer}_b_1:0"), weights, layer, WeightPart.Bias, [info.BiasLength]);
        }
    }

    [Theory]
    // Written once and checked with h5py: any change of layout or generator is a change of format.
    [InlineData(64, 32, 7, true, 0, "91f7d3280b84c833ad99ece293a5c5179e42f34915d517ea20b990b5d1acaca5")]
    [InlineData(16, 64, 10, true, 5, "7cb3b86b7e774e5c242150f48edab8abba0a4ef7ba090ac4280e5c0c80007b4d")]
    [InlineData(8, 224, 1000, false, 1, "5ea1d19ecf54c0f045702bffb43907c7a0b0a9f529c812174743d0d7132a27a2")]
    public void The_same_seed_makes_the_same_bytes_on_every_machine(int divisor, int size, int classes, bool top, ulong seed, string sha256)
    {
        Topology topology = SyntheticNetwork.Create(divisor, size, classes, top);
        Write(new HeWeights(topology, seed), _folder["w.h5"]);
        byte[] bytes = File.ReadAllBytes(_folder["w.h5"]);
        Assert.Equal(PlainWeightsFile.SizeOf(topology), bytes.Length);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    [Fact]
    public void The_full_networks_head_is_as_small_as_the_published_ones()
    {
        PlainLayout layout = PlainLayout.Of(Topology.ImageNet);
        Assert.Equal(138_357_544, layout.Tensors.Sum(t => t.Count));
        Assert.InRange(layout.Length, 138_357_544L * 4, PublishedWeights.ImageNet.Size);
        Assert.All(layout.Tensors, t => Assert.Equal(0, t.Offset % PlainLayout.DataAlignment));
        Assert.InRange(PlainWeightsFile.SizeOf(SyntheticNetwork.Create(top: false)), 0, PublishedWeights.ImageNetNoTop.Size);
    }

    [Fact]
    public void Pieces_written_by_several_threads_meet_without_gaps()
    {
        // fc1 has 1,568 x 1,024 values: two pieces.
        HeWeights weights = new(SyntheticNetwork.Create(4, 96, 3), 9);
        Assert.True(weights.Topology.Find("fc1")!.ParameterCount > 1 << 20);
        List<FileProgress> reports = [];
        Write(weights, _folder["w.h5"], progress: new Recorder(reports));
        using var file = H5File.OpenRead(_folder["w.h5"]);
        AssertSame(file.Dataset("/fc1/fc1_W_1:0"), weights, "fc1", WeightPart.Kernel, [1152, 1024]);
        Assert.Equal(weights.Topology.ParameterCount * 4, reports[^1].Done);
        Assert.Equal(reports[^1].Total, reports[^1].Done);
    }

    [Theory]
    [InlineData(1, 64, 512, 4096)]
    [InlineData(3, 22, 171, 1366)]
    [InlineData(64, 1, 8, 64)]
    public void The_divisor_rounds_up_and_spares_the_classes(int divisor, int first, int last, int dense)
    {
        Topology topology = SyntheticNetwork.Create(divisor);
        Assert.Equal(first, topology.Widths[0]);
        Assert.Equal(last, topology.Widths[^1]);
        Assert.Equal(Head.Create(7, dense, dense, 1000), topology.Head);
    }

    [Theory]
    [InlineData(0, 224, 10)]
    [InlineData(65, 224, 10)]
    [InlineData(1, 0, 10)]
    [InlineData(1, 100, 10)]
    [InlineData(1, 4128, 10)]
    [InlineData(1, 224, 0)]
    [InlineData(1, 224, 1_000_001)]
    public void Impossible_networks_are_refused(int divisor, int size, int classes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticNetwork.Create(divisor, size, classes));

    [Fact]
    public void A_file_that_is_there_is_replaced_only_when_asked()
    {
        HeWeights weights = new(SyntheticNetwork.Create(64, 32, 2), 1);
        File.WriteAllText(_folder["w.h5"], "mine");
        Assert.Contains("is there already", Assert.Throws<IOException>(() => Write(weights, _folder["w.h5"])).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder["w.h5"]));
        Write(weights, _folder["w.h5"], overwrite: true);
        Assert.Equal(PlainWeightsFile.SizeOf(weights.Topology), new FileInfo(_folder["w.h5"]).Length);
        Assert.Equal(["w.h5"], _folder.Names);
        Assert.Contains("is a folder", Assert.Throws<IOException>(() => Write(weights, _folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<DirectoryNotFoundException>(() => Write(weights, _folder[Path.Combine("none", "w.h5")]));
    }

    [Fact]
    public void Cancelling_or_failing_leaves_nothing_behind()
    {
        HeWeights weights = new(SyntheticNetwork.Create(4, 32, 2), 1);
        using CancellationTokenSource cancel = new();
        FailingWeights cancelled = new(weights, () => cancel.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() => PlainWeightsFile.Write(cancelled, _folder["w.h5"], cancellation: cancel.Token));
        Assert.Empty(_folder.Names);

        FailingWeights failing = new(weights, () => throw new WeightsException("x", "fc2", "is broken."));
        Assert.Equal("fc2", Assert.Throws<WeightsException>(() => PlainWeightsFile.Write(failing, _folder["w.h5"], cancellation: TestContext.Current.CancellationToken)).Layer);
        Assert.Empty(_folder.Names);
    }

    private static void Write(IWeightSource weights, string path, bool overwrite = false, IProgress<FileProgress>? progress = null) =>
        PlainWeightsFile.Write(weights, path, overwrite, progress, TestContext.Current.CancellationToken);

    private static void AssertSame(IH5Dataset dataset, IWeightSource weights, string layer, WeightPart part, int[] shape)
    {
        Assert.Equal([.. shape.Select(d => (ulong)d)], dataset.Space.Dimensions);
        Assert.Equal(H5DataLayoutClass.Contiguous, dataset.Layout.Class);
        float[] expected = new float[shape.Aggregate(1, (a, b) => a * b)];
        weights.Read(layer, part, 0, expected);
        Assert.Equal(expected, dataset.Read<float[]>());
    }

    private sealed class Recorder(List<FileProgress> reports) : IProgress<FileProgress>
    {
        public void Report(FileProgress value)
        {
            lock (reports)
            {
                reports.Add(value);
            }
        }
    }

    /// <summary>Weights that do something when fc2 is read.</summary>
    private sealed class FailingWeights(IWeightSource inner, Action atFc2) : IWeightSource
    {
        public string Name => inner.Name;

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            if (layer == "fc2")
            {
                atFc2();
            }

            inner.Read(layer, part, start, destination, cancellation);
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
        }
    }
}
