using System.Text.Json;
using VggCuda.Cli.Commands;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Tests;

/// <summary><c>summary</c>, against what Keras 2.0 prints for VGG16.</summary>
public sealed class SummaryTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void The_published_network_is_printed_as_Keras_prints_it()
    {
        string[] lines = [.. SummaryTable.Lines(Topology.ImageNet)];
        Assert.Equal(3 + (2 * 23) + 4, lines.Length);
        Assert.Equal("Layer (type)                 Output Shape              Param #", lines[1]);
        Assert.Equal(new string('=', 65), lines[2]);
        Assert.Equal("input_1 (InputLayer)         (None, 224, 224, 3)       0", lines[3]);
        Assert.Equal(new string('_', 65), lines[4]);
        Assert.Equal("block3_conv1 (Conv2D)        (None, 56, 56, 256)       295168", lines[3 + (2 * 7)]);
        Assert.Equal("block5_pool (MaxPooling2D)   (None, 7, 7, 512)         0", lines[3 + (2 * 18)]);
        Assert.Equal("flatten (Flatten)            (None, 25088)             0", lines[3 + (2 * 19)]);
        Assert.Equal("fc1 (Dense)                  (None, 4096)              102764544", lines[3 + (2 * 20)]);
        Assert.Equal("predictions (Dense)          (None, 1000)              4097000", lines[3 + (2 * 22)]);
        Assert.Equal(new string('=', 65), lines[^5]);
        Assert.Equal(["Total params: 138,357,544", "Trainable params: 138,357,544", "Non-trainable params: 0", new string('_', 65)], lines[^4..]);
    }

    [Fact]
    public void VGG19_is_printed_as_Keras_prints_it()
    {
        string[] lines = [.. SummaryTable.Lines(Architecture.Named("vgg19")!.ImageNet)];
        Assert.Equal(
            """
            _________________________________________________________________
            Layer (type)                 Output Shape              Param #
            =================================================================
            input_1 (InputLayer)         (None, 224, 224, 3)       0
            _________________________________________________________________
            block1_conv1 (Conv2D)        (None, 224, 224, 64)      1792
            _________________________________________________________________
            block1_conv2 (Conv2D)        (None, 224, 224, 64)      36928
            _________________________________________________________________
            block1_pool (MaxPooling2D)   (None, 112, 112, 64)      0
            _________________________________________________________________
            block2_conv1 (Conv2D)        (None, 112, 112, 128)     73856
            _________________________________________________________________
            block2_conv2 (Conv2D)        (None, 112, 112, 128)     147584
            _________________________________________________________________
            block2_pool (MaxPooling2D)   (None, 56, 56, 128)       0
            _________________________________________________________________
            block3_conv1 (Conv2D)        (None, 56, 56, 256)       295168
            _________________________________________________________________
            block3_conv2 (Conv2D)        (None, 56, 56, 256)       590080
            _________________________________________________________________
            block3_conv3 (Conv2D)        (None, 56, 56, 256)       590080
            _________________________________________________________________
            block3_conv4 (Conv2D)        (None, 56, 56, 256)       590080
            _________________________________________________________________
            block3_pool (MaxPooling2D)   (None, 28, 28, 256)       0
            _________________________________________________________________
            block4_conv1 (Conv2D)        (None, 28, 28, 512)       1180160
            _________________________________________________________________
            block4_conv2 (Conv2D)        (None, 28, 28, 512)       2359808
            _________________________________________________________________
            block4_conv3 (Conv2D)        (None, 28, 28, 512)       2359808
            _________________________________________________________________
            block4_conv4 (Conv2D)        (None, 28, 28, 512)       2359808
            _________________________________________________________________
            block4_pool (MaxPooling2D)   (None, 14, 14, 512)       0
            _________________________________________________________________
            block5_conv1 (Conv2D)        (None, 14, 14, 512)       2359808
            _________________________________________________________________
            block5_conv2 (Conv2D)        (None, 14, 14, 512)       2359808
            _________________________________________________________________
            block5_conv3 (Conv2D)        (None, 14, 14, 512)       2359808
            _________________________________________________________________
            block5_conv4 (Conv2D)        (None, 14, 14, 512)       2359808
            _________________________________________________________________
            block5_pool (MaxPooling2D)   (None, 7, 7, 512)         0
            _________________________________________________________________
            flatten (Flatten)            (None, 25088)             0
            _________________________________________________________________
            fc1 (Dense)                  (None, 4096)              102764544
            _________________________________________________________________
            fc2 (Dense)                  (None, 4096)              16781312
            _________________________________________________________________
            predictions (Dense)          (None, 1000)              4097000
            =================================================================
            Total params: 143,667,240
            Trainable params: 143,667,240
            Non-trainable params: 0
            _________________________________________________________________
            """.ReplaceLineEndings("\n"),
            string.Join('\n', lines));
    }

    [Fact]
    public void The_first_line_and_the_json_name_the_network()
    {
        using HeWeights weights = new(SyntheticNetwork.Create(64, 32, 3, architecture: Architecture.Named("VGG13")), 1);
        PlainWeightsFile.Write(weights, _shell.PathOf("w.h5"));
        string[] lines = _shell.Run("summary", "--weights", "~/w.h5").Succeeded().Out.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(["Model: \"vgg13\"", .. SummaryTable.Lines(weights.Topology), ""], lines);
        Assert.Equal("VGG13", JsonDocument.Parse(_shell.Run("summary", "--json", "--weights", "~/w.h5").Succeeded().Out).RootElement.GetProperty("network").GetString());
    }

    [Fact]
    public void Without_dense_layers_the_size_is_open()
    {
        string[] lines = [.. SummaryTable.Lines(new Topology(Topology.ImageNet.Blocks, null))];
        Assert.Equal("block1_conv1 (Conv2D)        (None, None, None, 64)    1792", lines[5]);
        Assert.Equal("Total params: 14,714,688", lines[^4]);
    }

    [Fact]
    public void The_bundled_model_as_json()
    {
        JsonElement json = JsonDocument.Parse(_shell.Run("summary", "--json", "--weights", "demo").Succeeded().Out).RootElement;
        Assert.Equal((96, 32), (json.GetProperty("inputSize").GetInt32(), json.GetProperty("classes").GetInt32()));
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Equal(23, layers.Length);
        Assert.Equal("predictions", layers[22].GetProperty("name").GetString());
        Assert.Equal(layers.Sum(l => l.GetProperty("parameters").GetInt64()), json.GetProperty("totalParameters").GetInt64());
        Assert.Equal(JsonValueKind.Null, layers[7].GetProperty("outputShape")[0].ValueKind);
        Assert.Equal(24, layers[7].GetProperty("outputShape")[1].GetInt32());
    }

    [Fact]
    public void One_line_says_which_weights_and_how_to_get_the_others()
    {
        Outcome outcome = _shell.Run("summary").Succeeded();
        string line = Assert.Single(outcome.ErrorLines);
        Assert.Contains("bundled model", line, StringComparison.Ordinal);
        Assert.Contains("vggcuda weights fetch", line, StringComparison.Ordinal);
        Assert.Equal("", _shell.Run("summary", "--quiet").Error);
        Assert.Equal("", _shell.Run("summary", "--weights", "demo").Error);
    }

    [Theory]
    [InlineData("KERAS_HOME", "keras", "keras/models")]
    [InlineData("HOME", "home", "home/.keras/models")]
    [InlineData("VGGCUDA_CACHE", "own", "own")]
    public void The_published_file_is_taken_from_a_cache_where_it_is_found(string variable, string value, string folder)
    {
        Directory.CreateDirectory(_shell.PathOf(folder));
        string file = _shell.PathOf($"{folder}/{PublishedWeights.ImageNet.FileName}");
        TestNetworks.Write(file, classes: 7);
        using (FileStream stream = File.OpenWrite(file))
        {
            // A published file is known by its size; what lies behind the network's end is a hole.
            stream.SetLength(PublishedWeights.ImageNet.Size);
        }

        _shell[variable] = _shell.PathOf(value);
        Outcome outcome = _shell.Run("summary", "--json").Succeeded();
        Assert.Equal(7, JsonDocument.Parse(outcome.Out).RootElement.GetProperty("classes").GetInt32());
        Assert.Contains("--weights demo", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(outcome.Out, _shell.Run("summary", "--json", "--weights", "imagenet").Succeeded().Out);
    }
}
