using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests;

/// <summary>How layers of other people's files are told to be a VGG's. That they read as they were written is <see cref="GoodFileTests"/>'s.</summary>
public class NetworkMatchingTests
{
    [Theory]
    [InlineData("p_caffe.h5", "conv3_2", "block3_conv2", "by its name, which is Caffe's")]
    [InlineData("p_caffe.h5", "fc7", "fc2", "by its name, which is Caffe's")]
    [InlineData("p_caffe_convolutions.h5", "fc8", "predictions", "by its name, which is Caffe's")]
    [InlineData("p_by_hand.h5", "conv2d_11", "block5_conv1", "11th convolution in the model's order")]
    [InlineData("p_by_hand.h5", "dense_1", "fc1", "1st dense layer, by order and shape")]
    [InlineData("p_own_last.h5", "dense_1", "predictions", "the last dense layer: the classes")]
    [InlineData("p_own_last.h5", "fc2", "fc2", "by its name")]
    [InlineData("p_frozen_nested.h5", "conv2d_3", "block2_conv1", "3rd convolution by its number")]
    [InlineData("p_subclassed_blocks.weights.h5", "block4_conv2", "block4_conv2", "by its name")]
    [InlineData("p_blocks.h5", "conv2d_4", "block3_conv1", "5th convolution in the model's order")]
    [InlineData("p_subclassed_own_blocks.weights.h5", "vgg_block_3_conv2", "block4_conv2", "9th convolution by its number")]
    [InlineData("p_vgg19_by_hand.weights.h5", "conv2d_12", "block5_conv1", "13th convolution by its number")]
    public void Each_layer_says_how_it_was_told(string file, string layer, string takenFor, string reason)
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(file), file);
        TakenLayer taken = weights.Inspection.Taken.Single(l => l.Name == layer);
        Assert.Equal((takenFor, reason), (taken.TakenFor, taken.Reason));
    }

    [Theory]
    [InlineData("p_conv_before_nested.h5", "conv2d", "is outside the model 'vgg16'")]
    [InlineData("p_flat_pooled.h5", "dense", "is one of the dense layers, which are not taken: they follow 'global_average_pooling2d'")]
    [InlineData("p_flat_normalised.h5", "dense", "they have 'batch_normalization' (batchnormalization) before the last of them")]
    [InlineData("p_flat_normalised.h5", "batch_normalization", "comes behind the network's layers")]
    [InlineData("p_more_behind.h5", "dense", "comes behind the network's layers")]
    [InlineData("p_scaled.h5", "rescaling", "comes before the network's first convolution; here pictures go straight into that")]
    [InlineData("p_scaled_named.weights.h5", "normalization", "is taken to prepare pictures before the network")]
    [InlineData("p_sigmoid_config.h5", "dense_1", "the activation 'sigmoid'; here classes exclude one another")]
    public void What_is_not_read_says_why(string file, string layer, string reason)
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(file), file);
        Assert.Contains(reason, weights.Inspection.Ignored.Single(l => l.Name == layer).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_file_does_not_say_is_said_to_be_assumed()
    {
        using KerasWeights without = KerasWeights.Open(FixtureFiles.Bytes("p_flat_flattened.h5"), "without");
        Assert.Contains("ReLU between them", without.Inspection.Assumption, StringComparison.Ordinal);
        using KerasWeights with = KerasWeights.Open(FixtureFiles.Bytes("p_flat_config.h5"), "with");
        Assert.Null(with.Inspection.Assumption);
        using KerasWeights published = KerasWeights.Open(FixtureFiles.Bytes("k1_top.h5"), "published");
        Assert.Null(published.Inspection.Assumption);
    }

    [Theory]
    [InlineData("r_two_named.weights.h5", "left", "right")]
    [InlineData("r_two_in_one.h5", "1", "2")]
    [InlineData("r_two_scopes.h5", "left", "right")]
    [InlineData("r_towers.h5", "left", "right")]
    [InlineData("r_towers_named.weights.h5", "plain", "2")]
    [InlineData("r_two_nested.h5", "vgg16", "again")]
    public void One_of_several_networks_is_chosen_by_name(string file, string one, string other)
    {
        byte[] bytes = FixtureFiles.Bytes(file);
        using KerasWeights first = KerasWeights.Open(bytes, file, one);
        using KerasWeights second = KerasWeights.Open(bytes, file, other.ToUpperInvariant());
        Assert.Equal(FixtureFiles.Entry("k1_notop.h5").GetProperty("tensors").EnumerateObject().Count(), FixtureFiles.Digests(first).Count);
        using KerasWeights sound = KerasWeights.Open(FixtureFiles.Bytes("k1_notop.h5"), "sound");
        Assert.Equal(FixtureFiles.Digests(sound), FixtureFiles.Digests(first));
        Assert.Equal(file == "r_two_nested.h5", FixtureFiles.Digests(sound).SequenceEqual(FixtureFiles.Digests(second)));
        Assert.Equal([one, other], first.Inspection.Networks.Select(n => n.Name));
        Assert.All(first.Inspection.Networks, n => Assert.Equal("VGG16", n.Network));
        string wrong = Assert.Throws<WeightsException>(() => KerasWeights.Open(bytes, file, "third").Dispose()).Message;
        Assert.Contains($"no network named 'third'; its networks are {one}, {other}", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_may_be_named_where_there_is_but_one()
    {
        using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes("p_two_deep.weights.h5"), "two", "vgg16");
        Assert.Equal("vgg16", weights.Inspection.NestedIn);
        using KerasWeights byPath = KerasWeights.Open(FixtureFiles.Bytes("p_two_deep.weights.h5"), "two", "layers/sequential/layers/functional");
        Assert.Equal(FixtureFiles.Digests(weights), FixtureFiles.Digests(byPath));
    }

    [Theory]
    [InlineData("r_residual.h5", "has 53 convolutions and 1 dense layers", 320)]
    [InlineData("r_normalised.h5", "lies between the convolutions", 78)]
    [InlineData("r_dense_only.h5", "no convolutions", 2)]
    [InlineData("r_two_named.weights.h5", "--network-name", 54)]
    public void Another_network_is_described_and_not_refused(string file, string problem, int tensors)
    {
        using TemporaryFile path = new(FixtureFiles.Bytes(file));
        KerasInspection inspection = KerasWeights.Inspect(path.Path);
        Assert.Null(inspection.Topology);
        Assert.Contains(problem, inspection.Problem, StringComparison.Ordinal);
        Assert.Equal(tensors, inspection.Tensors.Length);
        Assert.All(inspection.Tensors, t => Assert.Equal("float32", t.DataType));
    }

    [Fact]
    public void Tensors_that_are_none_of_weights_are_described_too()
    {
        using TemporaryFile path = new(FixtureFiles.Bytes("r_integers.h5"));
        KerasInspection inspection = KerasWeights.Inspect(path.Path);
        KerasTensor kernel = inspection.Tensors.Single(t => t.Layer == "fc1" && t.Part == WeightPart.Kernel);
        Assert.Equal(("8-bit integer", KerasStorage.Unknown), (kernel.DataType, kernel.Storage));
    }

    private sealed class TemporaryFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vggcuda-");

        public TemporaryFile(byte[] bytes)
        {
            Path = System.IO.Path.Combine(_folder.FullName, "w.h5");
            File.WriteAllBytes(Path, bytes);
        }

        public string Path { get; }

        public void Dispose() => _folder.Delete(true);
    }
}
