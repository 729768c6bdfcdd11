using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Files that cannot be read or written, or are not what they should be: exit code 3, one clear error, nothing half-written.</summary>
public sealed class BadFileTests : IDisposable
{
    private readonly Shell _shell = new();

    public BadFileTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_picture_that_is_no_picture()
    {
        File.WriteAllText(_shell.PathOf("p.png"), "<!doctype html><html>not found</html>");
        Activate("--seed-image", "~/p.png").Failed(3, "p.png", "HTML", "expected");
        _shell.Run("predict", "--weights", "~/tiny.h5", "~/p.png").Failed(3, "p.png", "HTML");
        _shell.Run("predict", "--weights", "~/tiny.h5", "~/none.png").Failed(3, "none.png", "no such file");
        AssertNothingWritten("p.png");
    }

    [Fact]
    public void An_array_of_another_shape_or_type()
    {
        Npy.Write(_shell.PathOf("a.npy"), [16, 16, 3], new float[768]);
        Activate("--seed-image", "~/a.npy").Failed(3, "a.npy", "(16, 16, 3)", "(32, 32, 3)");
        File.WriteAllBytes(_shell.PathOf("b.npy"), [.. Npy.Encode([32, 32, 3], new float[3072]).Select((b, i) => i < 64 && b == (byte)'f' && i < 25 ? (byte)'i' : b)]);
        Activate("--seed-image", "~/b.npy").Failed(3, "b.npy", "i4", "float32");
        Npy.Write(_shell.PathOf("c.npy"), [32, 32, 3], [.. Enumerable.Repeat(float.NaN, 3072)]);
        Activate("--seed-image", "~/c.npy").Failed(3, "c.npy", "finite");
        AssertNothingWritten("a.npy", "b.npy", "c.npy");
    }

    [Fact]
    public void Weights_that_are_missing_or_no_weights_or_another_networks()
    {
        _shell.Run("summary", "--weights", "~/none.h5").Failed(3, "none.h5");
        File.WriteAllText(_shell.PathOf("text.h5"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        _shell.Run("summary", "--weights", "~/text.h5").Failed(3, "text.h5", "Git LFS");
        _shell.Run("summary", "--weights", "imagenet").Failed(3, "vggcuda weights fetch imagenet'", _shell.PathOf("home"));
        TestNetworks.Write(_shell.PathOf("notop.h5"), classes: null);
        _shell.Run("recipe", "--weights", "~/notop.h5", "--out", "~/o").Failed(3, "notop.h5", "no dense layers");
        _shell.Run("predict", "--weights", "~/notop.h5", "~/x.png").Failed(3, "notop.h5", "no dense layers");
        _shell.Run("activate", "--weights", "~/notop.h5", "--class", "1").Failed(3, "notop.h5", "no dense layers");
        File.WriteAllText(_shell.PathOf("tiny.classes.txt"), "0\tone\n");
        Activate().Failed(3, "tiny.classes.txt");
    }

    [Theory]
    [InlineData("activate --class 1 --iterations 2 --device cpu --out b.png")]
    [InlineData("weights convert w.h5 b.h5")]
    [InlineData("weights verify w.h5")]
    public void Weights_that_another_process_shortens_meanwhile_end_in_an_error_or_were_read_before(string line)
    {
        byte[] sound = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "demo.h5"));
        string path = _shell.PathOf("w.h5");
        for (int delay = 0; delay <= 600; delay += 100)
        {
            File.WriteAllBytes(path, sound);
            string[] words = line.Split(' ');
            using Child child = Child.Start(_shell, words[0] == "activate" ? [.. words, "--weights", "w.h5"] : words);
            Thread.Sleep(delay);
            using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                file.SetLength(sound.Length / 3);
            }

            int code = child.Wait();
            Assert.True(code is 0 or 3, $"{code} after {delay} ms: {child.Error}");
            Assert.True(code == 0 || child.Error.Contains("vggcuda: ", StringComparison.Ordinal), child.Error);
            Assert.Equal(code == 0 && words[^1].StartsWith("b.", StringComparison.Ordinal), File.Exists(_shell.PathOf(words[^1])) && words[^1] != "w.h5");
            foreach (string name in _shell.FilesIn().Where(n => n.StartsWith("b.", StringComparison.Ordinal)))
            {
                File.Delete(_shell.PathOf(name));
            }
        }
    }

    [Theory]
    [InlineData("r_vgg19.h5", "VGG19|block3_conv4")]
    [InlineData("r_other_network.h5", "VGG16")]
    [InlineData("r_missing_layer.h5", "is missing")]
    [InlineData("r_wrong_shape.h5", "kernel")]
    [InlineData("r_nan.h5", "not finite|NaN|finite")]
    [InlineData("r_theano_shapes.h5", "Theano")]
    public void Weights_of_another_network_say_what_differs(string name, string words)
    {
        File.WriteAllBytes(_shell.PathOf(name), Hdf5Loader.Tests.FixtureFiles.Bytes(name));
        Outcome outcome = Activate("--weights", "~/" + name).Failed(3, name);
        Assert.Contains(words.Split('|'), word => outcome.Error.Contains(word, StringComparison.Ordinal));
        AssertNothingWritten(name);
    }

    [Fact]
    public void An_output_folder_that_is_missing_or_a_file_or_not_writable()
    {
        Activate("--out", "~/none/a.png").Failed(3, "none", "does not exist");
        Activate("--log", "~/none/a.jsonl").Failed(3, "none", "does not exist");
        Activate("--out", "~/tiny.h5/a.png").Failed(3, "tiny.h5");
        Directory.CreateDirectory(_shell.PathOf("folder.png"));
        Activate("--out", "~/folder.png").Failed(3, "is a folder");
        _shell.Run("recipe", "--weights", "demo", "--out", "~/none/deeper").Failed(3, "none", "does not exist");
        _shell.Run("recipe", "--weights", "demo", "--out", "~/tiny.h5").Failed(3, "tiny.h5", "not a folder");
        Directory.Delete(_shell.PathOf("folder.png"));
        AssertNothingWritten();
    }

    [Fact]
    public void A_folder_that_takes_no_files()
    {
        // Not even an administrator may write there.
        Assert.SkipUnless(Directory.Exists("/sys/kernel"), "no /sys here");
        Activate("--out", "/sys/kernel/a.png").Failed(3, "/sys/kernel");
    }

    [Fact]
    public void A_file_that_is_write_protected_stays_as_it_is()
    {
        File.WriteAllText(_shell.PathOf("old.png"), "old");
        File.SetAttributes(_shell.PathOf("old.png"), FileAttributes.ReadOnly);
        Activate("--out", "~/old.png").Failed(3, "write-protected");
        Assert.Equal("old", File.ReadAllText(_shell.PathOf("old.png")));
        AssertNothingWritten("old.png");
    }

    [Fact]
    public void A_full_disk_leaves_nothing_half_written()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        Outcome outcome = Activate("--log", "/dev/full");
        outcome.Failed(3, "/dev/full", "No space left on device");
        Assert.DoesNotContain(_shell.FilesIn(), name => name.EndsWith(".png", StringComparison.Ordinal) || name.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_that_fail_have_their_own_code()
    {
        // Finite weights whose products are not: infinities of both signs meet and give no number.
        int sign = 0;
        TestNetworks.Write(_shell.PathOf("huge.h5"), classes: 5, _ => (sign++ % 2 == 0 ? 1 : -1) * 3e38f);
        _shell.Run("activate", "--device", "cpu", "--weights", "~/huge.h5", "--class", "1", "--iterations", "3", "--out", "~/a.png").Failed(5, "finite");
        AssertNothingWritten("huge.h5");
    }

    private Outcome Activate(params string[] arguments)
    {
        string[] weights = arguments.Contains("--weights") ? [] : ["--weights", "~/tiny.h5"];
        string[] line = ["activate", "--device", "reference", "--quiet", .. weights, "--class", "1", "--iterations", "1", .. arguments];
        return _shell.Run(arguments.Contains("--out") ? line : [.. line, "--out", "~/a.png"]);
    }

    private void AssertNothingWritten(params string[] besides) =>
        Assert.Equal([.. besides.Append("tiny.h5").Order(StringComparer.Ordinal)], _shell.FilesIn());
}
