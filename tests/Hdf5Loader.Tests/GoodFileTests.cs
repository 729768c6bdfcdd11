using System.Text;
using System.Text.Json;
using PureHDF;
using PureHDF.VOL.Native;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests;

public class GoodFileTests
{
    // What PureHDF 2.2.0 cannot read (archives, byte orders, user blocks, filter masks, an unlimited last dimension), or
    // reads wrongly (fletcher32 alone, fixed arrays that may grow). These are held against h5py's digests only.
    private static readonly string[] BeyondPureHDF =
    [
        "s_fletcher32.h5", "s_mask.h5", "s_user_block_8192.h5", "t_f32_big.h5", "t_f16_big.h5", "t_f64_big.h5", "t_bfloat16.weights.h5",
        "s_latest_extensible_gzip.h5", "s_latest_fixed_grown.h5", "k3_top.keras", "k3_notop.keras", "p_configured.keras", "p_configured_nested.keras",
    ];

    public static TheoryData<string> Good => [.. FixtureFiles.Good];

    public static TheoryData<string> GoodForPureHDF => [.. FixtureFiles.Good.Except(BeyondPureHDF)];

    [Theory]
    [MemberData(nameof(Good))]
    public void Every_tensor_reads_as_it_was_written(string name)
    {
        JsonElement expected = FixtureFiles.Entry(name);
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(name), name);
        Assert.Equal(
            expected.GetProperty("tensors").EnumerateObject().Select(p => (p.Name, p.Value.GetString())).OrderBy(p => p.Name, StringComparer.Ordinal),
            FixtureFiles.Digests(weights).Select(p => (p.Key, (string?)p.Value)));
        KerasInspection inspection = weights.Inspection;
        Assert.Equal(expected.GetProperty("layout").GetString(), inspection.Layout.ToString());
        Assert.Equal(expected.TryGetProperty("nested", out JsonElement nested) ? nested.GetString() : null, inspection.NestedIn);
        Assert.Equal(expected.TryGetProperty("ignored", out JsonElement ignored) ? [.. ignored.EnumerateArray().Select(i => i.GetString()!)] : Array.Empty<string>(), inspection.IgnoredLayers);
        Assert.Equal(weights.Layers.Select(l => l.Layer), inspection.Taken.Select(t => t.TakenFor));
        Assert.All(inspection.Ignored, layer => Assert.NotEmpty(layer.Reason));
        if (expected.TryGetProperty("head", out JsonElement head))
        {
            Assert.Contains(head.GetString()!, inspection.HeadRefusal, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(inspection.HeadRefusal);
        }

        if (expected.TryGetProperty("version", out JsonElement version))
        {
            Assert.Equal(version.GetString(), inspection.KerasVersion);
        }
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Reading_in_odd_pieces_gives_the_same_values(string name)
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(name), name);
        foreach (LayerWeights layer in weights.Layers)
        {
            float[] whole = FixtureFiles.Values(weights, layer, WeightPart.Kernel);
            float[] pieces = new float[whole.Length];
            int step = Math.Max(1, (whole.Length / 3) - 1);
            for (int at = 0; at < pieces.Length; at += step)
            {
                weights.Read(layer.Layer, WeightPart.Kernel, at, pieces.AsSpan(at, Math.Min(step, pieces.Length - at)));
            }

            Assert.Equal(whole, pieces);
        }
    }

    [Theory]
    [InlineData("s_dense.h5", "FRHP", "FHIB", "FHDB", "BTHD", "BTLF", "BTIN", "OCHK")]
    [InlineData("s_latest_tree2_deep.h5", "BTIN", "BTLF")]
    [InlineData("s_latest_fixed_paged.h5", "FAHD", "FADB")]
    [InlineData("s_latest_extensible_paged.h5", "EAHD", "EAIB", "EASB", "EADB")]
    [InlineData("k1_vlen.h5", "GCOL", "TREE", "HEAP", "SNOD")]
    public void The_files_do_have_the_structures_that_they_are_for(string name, params string[] signatures)
    {
        byte[] bytes = FixtureFiles.Bytes(name);
        foreach (string signature in signatures)
        {
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(signature)) > 0, signature);
        }
    }

    [Theory]
    [MemberData(nameof(GoodForPureHDF))]
    public void PureHDF_reads_the_same(string name)
    {
        byte[] bytes = FixtureFiles.Bytes(name);
        using KerasWeights weights = KerasWeights.Open(bytes, name);
        using NativeFile oracle = H5File.Open(new MemoryStream(bytes));
        ILookup<string, KerasTensor> tensors = weights.Inspection.Tensors.ToLookup(t => t.Layer);
        Assert.Equal(2 * weights.Layers.Count, weights.Inspection.Tensors.Length);
        int index = 0;
        foreach (LayerWeights layer in weights.Layers)
        {
            foreach (WeightPart part in (WeightPart[])[WeightPart.Kernel, WeightPart.Bias])
            {
                float[] ours = FixtureFiles.Values(weights, layer, part);
                KerasTensor tensor = tensors.Contains(layer.Layer)
                    ? tensors[layer.Layer].Single(t => t.Part == part)
                    : weights.Inspection.Tensors[index];
                Assert.Equal(ours, Read((NativeDataset)oracle.Dataset("/" + tensor.Path), tensor));
                index++;
            }
        }
    }

    private static float[] Read(NativeDataset dataset, KerasTensor tensor)
    {
        switch (tensor.DataType)
        {
            case "float32":
                float[] singles = new float[tensor.Count];
                dataset.Read<float>(singles.AsSpan());
                return singles;
            case "float16":
                Half[] halves = new Half[tensor.Count];
                dataset.Read<Half>(halves.AsSpan());
                return [.. halves.Select(h => (float)h)];
            default:
                double[] doubles = new double[tensor.Count];
                dataset.Read<double>(doubles.AsSpan());
                return [.. doubles.Select(d => (float)d)];
        }
    }
}
