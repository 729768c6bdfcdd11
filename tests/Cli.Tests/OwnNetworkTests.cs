using VggCuda.Cli.Hosting;
using VggCuda.Cli.Tests.Support;
using VggCuda.Hdf5Loader.Tests;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>All commands on networks as people have them: fine-tuned, renamed, several in one file.</summary>
public sealed class OwnNetworkTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("p_own_last.h5")]
    [InlineData("p_caffe_convolutions.h5")]
    [InlineData("p_flat_flattened.h5")]
    [InlineData("p_flat_one.h5")]
    [InlineData("p_flat_four.h5")]
    [InlineData("p_subclassed.weights.h5")]
    [InlineData("p_vgg19_own_head.h5")]
    public void Every_command_works_with_an_own_head(string name)
    {
        Write(name);
        Picture();
        Assert.Contains("predictions (Dense)", _shell.Run("summary", "--weights", "~/" + name).Succeeded().Out, StringComparison.Ordinal);
        _shell.Run("predict", "--weights", "~/" + name, "~/x.png").Succeeded();
        _shell.Run("activate", "--weights", "~/" + name, "--class", "1", "--iterations", "2", "--out", "~/c.png").Succeeded();
        _shell.Run("activate", "--weights", "~/" + name, "--layer", "block2_conv1", "--filter", "0", "--iterations", "2", "--out", "~/f.png").Succeeded();
        _shell.Run("recipe", "--weights", "~/" + name, "--class", "0", "--iterations", "2", "--count", "1", "--out", "~/o").Succeeded();
    }

    [Theory]
    [InlineData("p_flat_pooled.h5", "pools each channel")]
    [InlineData("p_flat_normalised.h5", "'batch_normalization'")]
    [InlineData("p_sigmoid_config.h5", "'sigmoid'")]
    public void Where_the_head_is_not_taken_filters_are_drawn_and_classes_refused_with_the_reason(string name, string reason)
    {
        Write(name);
        Picture();
        Outcome filters = _shell.Run("activate", "--weights", "~/" + name, "--layer", "block2_conv1", "--filter", "0", "--size", "32", "--iterations", "2", "--out", "~/f.png").Succeeded();
        Assert.Contains($"Weights: of {name} the convolutions are used, its dense layers are not:", filters.Error, StringComparison.Ordinal);
        Assert.Contains(reason, filters.Error, StringComparison.Ordinal);
        _shell.Run("predict", "--weights", "~/" + name, "~/x.png").Failed(ExitCode.File, "no dense layers that are taken", reason);
        _shell.Run("recipe", "--weights", "~/" + name, "--out", "~/o").Failed(ExitCode.File, "no dense layers that are taken", reason);
        _shell.Run("activate", "--weights", "~/" + name, "--class", "1").Failed(ExitCode.File, "no dense layers that are taken", reason);
        string info = _shell.Run("weights", "info", "~/" + name).Succeeded().Out;
        Assert.Contains("Good for:   activate of filters", info, StringComparison.Ordinal);
        Assert.Contains(reason, info, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_may_be_called_as_the_file_calls_it()
    {
        Write("p_by_hand.h5");
        _shell.Run("activate", "--weights", "~/p_by_hand.h5", "--layer", "conv2d_5", "--filter", "1", "--iterations", "2", "--out", "~/f.png").Succeeded();
        Assert.True(File.Exists(_shell.PathOf("f.png")));
        _shell.Run("activate", "--weights", "~/p_by_hand.h5", "--layer", "conv2d_99", "--filter", "1").Failed(ExitCode.Usage, "no layer 'conv2d_99'");
    }

    [Fact]
    public void One_of_several_networks_is_chosen_with_network_name_in_every_command()
    {
        Write("r_two_named.weights.h5");
        string file = "~/r_two_named.weights.h5";
        _shell.Run("summary", "--weights", file).Failed(ExitCode.File, "--network-name: left, right");
        _shell.Run("summary", "--weights", file, "--network-name", "right").Succeeded();
        _shell.Run("summary", "--weights", file, "--network-name", "middle").Failed(ExitCode.File, "no network named 'middle'", "left, right");
        string info = _shell.Run("weights", "info", file).Succeeded().Out;
        Assert.Contains("'left': VGG16", info, StringComparison.Ordinal);
        Assert.Contains("--network-name", info, StringComparison.Ordinal);
        _shell.Run("weights", "convert", file, "~/right.h5", "--network-name", "right").Succeeded();
        _shell.Run("weights", "verify", file, "--network-name", "left").Succeeded();
        Assert.Contains("\"networks\"", _shell.Run("weights", "info", file, "--json").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_shows_how_each_layer_was_told_and_what_is_not_read_and_why()
    {
        Write("p_by_hand.h5");
        string byHand = _shell.Run("weights", "info", "~/p_by_hand.h5").Succeeded().Out;
        Assert.Contains("conv2d_13  block5_conv3  13th convolution in the model's order", byHand, StringComparison.Ordinal);
        Assert.Contains("dense_3    predictions   the last dense layer: the classes", byHand, StringComparison.Ordinal);
        Write("p_grey.weights.h5");
        string grey = _shell.Run("weights", "info", "~/p_grey.weights.h5").Succeeded().Out;
        Assert.Contains("conv2d    is outside the model 'vgg16'", grey, StringComparison.Ordinal);
        Write("r_residual.h5");
        string residual = _shell.Run("weights", "info", "~/r_residual.h5").Succeeded().Out;
        Assert.Contains("no known network: layer 'block1_conv1': is missing", residual, StringComparison.Ordinal);
        Assert.Contains("conv5_block3_3_conv", residual, StringComparison.Ordinal);
    }

    private void Write(string name) => File.WriteAllBytes(_shell.PathOf(name), FixtureFiles.Bytes(name));

    private void Picture() => File.WriteAllBytes(_shell.PathOf("x.png"), PictureFile.EncodePng(new Picture(8, 8, new byte[8 * 8 * 3])));
}
