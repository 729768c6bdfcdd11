using System.Security.Cryptography;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests.Files;

/// <summary>Verification and the writer's files in our own reader.</summary>
public sealed class WeightsVerificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HeWeights _weights = new(SyntheticNetwork.Create(32, 64, 5), 3);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Our_reader_finds_every_value_that_was_written(bool top)
    {
        HeWeights weights = new(SyntheticNetwork.Create(32, 96, 5, top), 8);
        PlainWeightsFile.Write(weights, _folder["w.h5"]);
        using KerasWeights read = KerasWeights.Open(_folder["w.h5"]);
        Assert.True(read.Inspection.IsPlain);
        Assert.Equal(KerasLayout.Weights, read.Inspection.Layout);
        Assert.Equal(0, read.Inspection.SuperblockVersion);
        Assert.Equal(weights.ComputeSha256(), MemoryWeights.CopyOf(read).ComputeSha256());
    }

    [Fact]
    public void Converting_what_was_written_gives_the_same_bytes()
    {
        PlainWeightsFile.Write(_weights, _folder["w.h5"]);
        using KerasWeights read = KerasWeights.Open(_folder["w.h5"]);
        PlainWeightsFile.Write(read, _folder["c.h5"]);
        Assert.Equal(File.ReadAllBytes(_folder["w.h5"]), File.ReadAllBytes(_folder["c.h5"]));
    }

    [Fact]
    public void Another_file_with_sound_content_is_good()
    {
        PlainWeightsFile.Write(_weights, _folder["w.h5"]);
        List<FileProgress> reports = [];
        WeightsVerification found = WeightsVerification.Run(_folder["w.h5"], new Recorder(reports));
        byte[] bytes = File.ReadAllBytes(_folder["w.h5"]);
        Assert.True(found.IsGood);
        Assert.Null(found.Published);
        Assert.Equal(bytes.Length, found.Size);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), found.Sha256);
        Assert.Equal(5, found.Topology!.Head!.Classes);
        Assert.Equal(new FileProgress(bytes.Length * 2, bytes.Length * 2), reports[^1]);
    }

    [Fact]
    public void A_published_file_is_told_by_size_and_MD5_and_a_changed_copy_by_its_size()
    {
        string path = _folder["w.h5"];
        PlainWeightsFile.Write(_weights, path);
        WeightsVerification plain = WeightsVerification.Run(path);
        PublishedWeights[] published = [new("x", "x.h5", new Uri("http://127.0.0.1/x"), plain.Size, plain.Md5, "a test's file")];
        WeightsVerification found = WeightsVerification.Run(path, published: published);
        Assert.Equal(published[0], found.Published);
        Assert.True(found.IsGood);

        Damage(path, plain.Size - 4, BitConverter.GetBytes(0.25f));
        WeightsVerification changed = WeightsVerification.Run(path, published: published);
        Assert.Null(changed.Problem);
        Assert.Equal(published[0], changed.Pretended);
        Assert.False(changed.IsGood);
    }

    [Fact]
    public void A_value_that_is_not_finite_is_told_with_its_layer()
    {
        PlainWeightsFile.Write(_weights, _folder["w.h5"]);
        long offset = PlainLayout.Of(_weights.Topology).Tensors.Single(t => t is { Layer: "fc2", Part: WeightPart.Bias }).Offset;
        Damage(_folder["w.h5"], offset + 4, BitConverter.GetBytes(float.NaN));
        WeightsVerification found = WeightsVerification.Run(_folder["w.h5"]);
        Assert.False(found.IsGood);
        Assert.Contains("layer 'fc2'", found.Problem, StringComparison.Ordinal);
        Assert.Contains("NaN", found.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_short_is_not_sound_but_has_checksums()
    {
        PlainWeightsFile.Write(_weights, _folder["w.h5"]);
        using (FileStream stream = File.OpenWrite(_folder["w.h5"]))
        {
            stream.SetLength(stream.Length - 1);
        }

        WeightsVerification found = WeightsVerification.Run(_folder["w.h5"]);
        Assert.False(found.IsGood);
        Assert.Contains("truncated", found.Problem, StringComparison.Ordinal);
        Assert.Equal(64, found.Sha256.Length);
    }

    [Fact]
    public void A_sound_file_under_a_published_name_pretends()
    {
        string path = _folder[PublishedWeights.ImageNetNoTop.FileName];
        PlainWeightsFile.Write(new HeWeights(SyntheticNetwork.Create(32, top: false), 3), path);
        WeightsVerification found = WeightsVerification.Run(path);
        Assert.Null(found.Problem);
        Assert.Equal(PublishedWeights.ImageNetNoTop, found.Pretended);
        Assert.False(found.IsGood);
    }

    [Fact]
    public void A_missing_file_is_an_error() =>
        Assert.Contains("cannot be read", Assert.Throws<WeightsException>(() => WeightsVerification.Run(_folder["none.h5"])).Message, StringComparison.Ordinal);

    private static void Damage(string path, long offset, byte[] bytes)
    {
        using FileStream stream = File.OpenWrite(path);
        stream.Position = offset;
        stream.Write(bytes);
    }

    private sealed class Recorder(List<FileProgress> reports) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => reports.Add(value);
    }
}
