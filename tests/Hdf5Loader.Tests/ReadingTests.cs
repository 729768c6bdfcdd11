using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests;

public class ReadingTests
{
    [Theory]
    [InlineData("k1_top.h5")]
    [InlineData("s_all_filters.h5")]
    public void Only_what_is_asked_for_is_read(string name)
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(name), name);
        Assert.Equal(0, weights.BytesRead);
        KerasTensor[] wanted = [.. weights.Inspection.Tensors.Where(t => string.CompareOrdinal(t.Layer, "block3_conv1") <= 0)];
        Assert.Equal(10, wanted.Length);
        foreach (LayerWeights layer in weights.Layers.TakeWhile(l => l.Layer != "block3_conv2"))
        {
            _ = FixtureFiles.Values(weights, layer, WeightPart.Kernel);
            _ = FixtureFiles.Values(weights, layer, WeightPart.Bias);
        }

        Assert.Equal(wanted.Sum(t => t.StoredBytes), weights.BytesRead);
    }

    [Fact]
    public void Reading_a_chunked_kernel_row_by_row_decodes_each_chunk_once()
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("s_all_filters.h5"), "rows");
        float[] row = new float[5];
        for (int i = 0; i < 8; i++)
        {
            weights.Read("fc1", WeightPart.Kernel, 5 * i, row);
        }

        Assert.Equal(weights.Inspection.Tensors.Single(t => t.Layer == "fc1" && t.Part == WeightPart.Kernel).StoredBytes, weights.BytesRead);
    }

    [Fact]
    public void Copied_weights_are_the_same_and_need_the_file_no_more()
    {
        SortedDictionary<string, string> expected;
        MemoryWeights copied;
        using (KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("k2_model_top.h5"), "model"))
        {
            expected = FixtureFiles.Digests(weights);
            copied = MemoryWeights.CopyOf(weights);
        }

        using (copied)
        {
            Assert.Equal(Network.FromWeights(copied).Topology.ParameterCount, copied.Layers.Sum(l => l.BiasLength + l.KernelShape.Aggregate(1L, (a, b) => a * b)));
            foreach (LayerWeights layer in copied.Layers)
            {
                float[] kernel = new float[layer.KernelShape.Aggregate(1, (a, b) => a * b)];
                float[] part = new float[3];
                copied.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
                copied.Read(layer.Layer, WeightPart.Kernel, 1, part);
                Assert.Equal(expected[$"{layer.Layer}/kernel"], FixtureFiles.Digest(kernel));
                Assert.Equal(kernel.AsSpan(1, 3).ToArray(), part);
            }
        }
    }

    [Fact]
    public void Ranges_and_names_are_checked()
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("k1_top.h5"), "k1_top.h5");
        Assert.Throws<ArgumentException>(() => weights.Read("block1_pool", WeightPart.Kernel, 0, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Read("fc1", WeightPart.Kernel, -1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Read("fc1", WeightPart.Kernel, 40, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => weights.Read("fc1", WeightPart.Bias, 0, new float[6]));
        weights.Read("fc1", WeightPart.Kernel, 40, []);
    }

    [Fact]
    public void Cancellation_ends_a_read()
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("k1_top.h5"), "k1_top.h5");
        Assert.Throws<OperationCanceledException>(() => weights.Read("fc1", WeightPart.Kernel, 0, new float[40], new CancellationToken(true)));
        Assert.Throws<OperationCanceledException>(() => weights.CheckContents(null, new CancellationToken(true)));
    }

    [Fact]
    public void Several_threads_may_read_at_once()
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("s_shuffle_gzip.h5"), "threads");
        SortedDictionary<string, string> expected = FixtureFiles.Digests(weights);
        SortedDictionary<string, string>[] found = new SortedDictionary<string, string>[8];
        Parallel.For(0, found.Length, i => found[i] = FixtureFiles.Digests(weights));
        Assert.All(found, f => Assert.Equal(expected, f));
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_open_fails_as_any_other_damage()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("vggcuda-").FullName, "shrinking.h5");
        try
        {
            File.WriteAllBytes(path, FixtureFiles.Bytes("k1_top.h5"));
            using KerasWeights weights = KerasWeights.Open(path);
            if (OperatingSystem.IsWindows())
            {
                return;
            }

            // The lock that .NET takes on Unix binds .NET only; other programs may cut the file all the same.
            using (System.Diagnostics.Process process = System.Diagnostics.Process.Start("truncate", ["-s", "3000", path]))
            {
                process.WaitForExit();
            }

            WeightsException failure = Assert.Throws<WeightsException>(() => weights.CheckContents());
            Assert.Contains("shortened", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, true);
        }
    }

    [Fact]
    public void Inspecting_another_network_says_what_it_is_and_what_is_missing()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("vggcuda-").FullName, "other.h5");
        try
        {
            File.WriteAllBytes(path, FixtureFiles.Bytes("r_other_network.h5"));
            KerasInspection inspection = KerasWeights.Inspect(path);
            Assert.Null(inspection.Topology);
            Assert.Contains("block1_conv1", inspection.Problem, StringComparison.Ordinal);
            Assert.Equal(2, inspection.Tensors.Length);
            File.WriteAllBytes(path, FixtureFiles.Bytes("s_all_filters.h5"));
            inspection = KerasWeights.Inspect(path);
            Assert.Null(inspection.Problem);
            Assert.False(inspection.IsPlain);
            Assert.Equal(["shuffle", "gzip", "fletcher32"], inspection.Tensors[0].Filters);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, true);
        }
    }
}
