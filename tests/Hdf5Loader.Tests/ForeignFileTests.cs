using System.IO.Compression;
using System.Text;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Tests;

public class ForeignFileTests
{
    public static TheoryData<string, byte[], string> Foreign => new()
    {
        { "empty.h5", [], "is empty" },
        { "zeros.h5", new byte[5000], "interrupted download" },
        { "page.h5", Text("\uFEFF<!DOCTYPE html><html><body>404</body></html>"), "is a web page" },
        { "page2.h5", Text("\n <HTML><body>Sign in</body></HTML>"), "is a web page" },
        { "error.h5", Text("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), "is an XML document" },
        { "lfs.h5", Text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 553467096\n"), "git lfs pull" },
        { "weights.h5.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "gunzip" },
        { "weights.zip", Zip("weights.h5"), "is a zip archive without" },
        { "weights.pt", Zip("archive/data.pkl"), "PyTorch" },
        { "weights.npz", Zip("fc1.npy"), ".npz" },
        { "cut.zip", [(byte)'P', (byte)'K', 3, 4, 0, 0], "without its directory" },
        { "weights.pkl", [0x80, 4, 0x95, 1, 2, 3], "pickle" },
        { "old.pkl", Text("(dp0\nS'fc1'\n"), "pickle" },
        { "array.npy", [0x93, .. "NUMPY"u8, 1, 0], "NumPy array" },
        { "old.hdf", [0x0E, 3, 0x13, 1, 0, 0, 0, 0], "HDF4" },
        { "bird.png", [0x89, .. "PNG\r\n"u8, 0x1A, 10], "is a picture" },
        { "model.json", Text("{\"class_name\": \"Functional\"}"), "is JSON" },
        { "model.weights.json", Text("{\"metadata\": {}, \"weight_map\": {}}"), "shards" },
        { "brackets.safetensors", [(byte)'<', 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"'], "safetensors" },
        { "braces.safetensors", [(byte)'{', 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"'], "safetensors" },
        { "model.safetensors", [64, 1, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'"'], "safetensors" },
        { "length60.safetensors", [(byte)'<', 0, 0, 0, 0, 0, 0, 0, .. "{\"a\":{}}"u8], "safetensors" },
        { "length0x7b.safetensors", [(byte)'{', 1, 0, 0, 0, 0, 0, 0, .. "{\"a\":{}}"u8], "safetensors" },
        { "model.tflite", [28, 0, 0, 0, .. "TFL3"u8, 0, 0], "TensorFlow Lite" },
        { "checkpoint", Text("model_checkpoint_path: \"cp-0001.ckpt\"\n"), "TensorFlow checkpoint" },
        { "renamed.h5", Text("model_checkpoint_path: \"cp-0001.ckpt\"\n"), "TensorFlow checkpoint" },
        { "cp.ckpt.index", new byte[100], "TensorFlow checkpoint" },
        { "index_by_content.h5", [.. new byte[60], 1, 0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB], "TensorFlow checkpoint" },
        { "cp.ckpt.data-00000-of-00001", [1, 2, 3, 4], "TensorFlow checkpoint" },
        { "saved_model.pb", [8, 1, 18, 4], "SavedModel" },
        { "vgg16.onnx", [8, 7, 18, 4], "ONNX" },
        { "VGG_ILSVRC_16_layers.caffemodel", [10, 4, 1, 2], "Caffe" },
        { "noise.h5", [.. Enumerable.Range(1, 3000).Select(i => (byte)(i * 37))], "no HDF5 signature" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void What_is_no_HDF5_file_is_called_by_its_name(string name, byte[] bytes, string expected)
    {
        WeightsException failure = Assert.Throws<WeightsException>(() => KerasWeights.Open(bytes, name).Dispose());
        Assert.Equal(name, failure.WeightsSource);
        Assert.Contains(expected, failure.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_says_how_much_of_it_there_is()
    {
        byte[] bytes = FixtureFiles.Bytes("k1_top.h5");
        WeightsException failure = Assert.Throws<WeightsException>(() => KerasWeights.Open(bytes.AsMemory(0, bytes.Length - 100), "cut.h5").Dispose());
        Assert.Equal($"cut.h5: is truncated: it has {bytes.Length - 100} of {bytes.Length} bytes. Download or copy it again.", failure.Message);
    }

    [Fact]
    public void A_longer_file_is_taken()
    {
        using KerasWeights weights = KerasWeights.Open((byte[])[.. FixtureFiles.Bytes("k1_top.h5"), 1, 2, 3], "longer.h5");
        Assert.Equal(16, weights.Layers.Count);
    }

    [Fact]
    public void Missing_files_directories_and_devices_are_refused_without_being_opened()
    {
        string folder = Directory.CreateTempSubdirectory("vggcuda-").FullName;
        try
        {
            Assert.Contains("does not exist", Refusal(Path.Combine(folder, "none.h5")), StringComparison.Ordinal);
            Assert.Contains("is a directory", Refusal(folder), StringComparison.Ordinal);
            File.WriteAllBytes(Path.Combine(folder, "checkpoint"), [1]);
            Assert.Contains("TensorFlow checkpoint", Refusal(folder), StringComparison.Ordinal);
            File.WriteAllBytes(Path.Combine(folder, "saved_model.pb"), [1]);
            Assert.Contains("SavedModel", Refusal(folder), StringComparison.Ordinal);
            string empty = Path.Combine(folder, "empty.h5");
            File.WriteAllBytes(empty, []);
            Assert.Contains("is empty", Refusal(empty), StringComparison.Ordinal);
            if (File.Exists("/dev/zero"))
            {
                Assert.Contains("is empty", Refusal("/dev/zero"), StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }

        static string Refusal(string path) => Assert.Throws<WeightsException>(() => KerasWeights.Open(path).Dispose()).Message;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Zip(string member)
    {
        using MemoryStream memory = new();
        using (ZipArchive archive = new(memory, ZipArchiveMode.Create, true))
        {
            archive.CreateEntry(member);
        }

        return memory.ToArray();
    }
}
