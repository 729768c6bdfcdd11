using System.Text.Json;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>What a sweep draws, writes, refuses and goes on with. What kills and signals do is in <see cref="SweepProcessTests"/>.</summary>
public sealed class SweepTests : IDisposable
{
    private readonly Shell _shell = new();

    public SweepTests() => TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Every_unit_gets_the_picture_that_its_plan_gives_alone()
    {
        Sweep("--layers", "block1_conv2,predictions", "--iterations", "3", "--batch", "3", "--count", "2").Succeeded();
        SweepFolder folder = SweepFolder.Open(_shell.PathOf("s"));
        Assert.Equal(["0000-1337", "0000-1338", "0001-1337", "0001-1338"], folder.Manifest.Parts[0].Units.Select(u => u.Name));
        using KerasWeights weights = KerasWeights.Open(_shell.PathOf("net.h5"));
        using CpuBackend backend = new();
        foreach ((SweepPart part, SweepUnit unit) in folder.Units)
        {
            UnitRecord record = folder.DoneOf(part, unit)!;
            RenderPlan plan = RenderPlan.FromJson(PngText.Read(folder.PicturePath(part, unit))["vggcuda:plan"]);
            RenderedImage alone = new Renderer(backend).Render(Network.FromWeights(weights), plan).Images[0];
            Assert.Equal(alone.Display, PictureFile.Read(folder.PicturePath(part, unit)).Rgb);
            Assert.Equal((unit.Key, 3, alone.BestStep, alone.FinalActivation, false), (record.Key, record.Steps, record.BestStep, record.Activation, record.Mixed));
            Assert.Equal(alone.Losses.Select(l => (double?)l[^1]), record.Curve.Totals);
        }

        Assert.Equal(10, folder.Manifest.Parts[1].Units.Count);
        Assert.Equal("class", folder.Manifest.Parts[1].Kind);
        Assert.Equal(14, folder.Units.Select(u => u.Unit.Key).Distinct().Count());
        Assert.Empty(Hidden());
        _shell.Run("sweep", "merge", "~/s").Succeeded();
        Assert.Equal(14, File.ReadLines(_shell.PathOf("s/units.jsonl")).Count());
    }

    [Fact]
    public void All_layers_are_every_convolution_and_dense_layer_and_objectives_are_parts_of_their_own()
    {
        Sweep("--layers", "all", "--prepare").Succeeded();
        SweepManifest manifest = SweepFolder.Open(_shell.PathOf("s")).Manifest;
        Assert.Equal(16, manifest.Parts.Count);
        Assert.Equal(13, manifest.Parts.Count(p => p.Kind == "filter"));
        Assert.Equal(["unit", "unit", "class"], manifest.Parts.Skip(13).Select(p => p.Kind));
        Assert.False(Directory.Exists(_shell.PathOf("s/pictures")));

        Run("sweep", "--weights", "~/net.h5", "--out", "~/o", "--objective", "predictions:1 - 0.5*predictions:2", "--objective", "block1_conv1", "--iterations", "2").Succeeded();
        Assert.Equal(["1337.png"], _shell.FilesIn("o/pictures/objective-1"));
        Assert.Equal(["1337.png"], _shell.FilesIn("o/pictures/objective-2"));
    }

    [Fact]
    public void The_folder_alone_goes_on_and_what_is_gone_or_cut_is_drawn_again()
    {
        Sweep("--layers", "predictions", "--iterations", "2").Succeeded();
        byte[] picture = File.ReadAllBytes(_shell.PathOf("s/pictures/predictions/0003.png"));
        File.Delete(_shell.PathOf("s/records/predictions/0001.json"));
        File.Delete(_shell.PathOf("s/pictures/predictions/0002.png"));
        File.WriteAllBytes(_shell.PathOf("s/pictures/predictions/0003.png"), picture[..^9]);
        File.WriteAllText(_shell.PathOf("s/records/predictions/0004.json"), "{\"key\": ");
        JsonElement status = Status();
        Assert.Equal((1, 4, 0), (status.GetProperty("done").GetInt32(), status.GetProperty("missing").GetInt32(), status.GetProperty("failed").GetInt32()));
        Assert.Contains("Drew 4 pictures; 5 of 5 pictures are in", Run("sweep", "--out", "~/s").Succeeded().Out, StringComparison.Ordinal);
        Assert.Equal(picture, File.ReadAllBytes(_shell.PathOf("s/pictures/predictions/0003.png")));
        Assert.Contains("Drew 0 pictures", Run("sweep", "--weights", "~/net.h5", "--out", "~/s").Succeeded().Out, StringComparison.Ordinal);
        Assert.Contains("Drew 0 pictures", Sweep("--layers", "predictions", "--iterations", "2").Succeeded().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_sweep_other_weights_and_another_batch_are_refused()
    {
        Sweep("--layers", "predictions", "--iterations", "2", "--prepare", "--shards", "2", "--batch", "2").Succeeded();
        Sweep("--layers", "predictions", "--iterations", "3").Failed(2, "holds another sweep");
        Sweep("--layers", "predictions", "--iterations", "2", "--batch", "3").Failed(2, "--batch is 3", "planned with 2");
        Sweep("--shards", "3").Failed(2, "--shards is 3", "planned with 2");
        Sweep("--shard", "0/3").Failed(2, "3 shards", "planned with 2");
        Sweep("--shard", "2/2").Failed(2, "no shard 2; they are 0 to 1");
        Sweep("--shard", "0").Failed(2, "must be I/N");
        Run("sweep", "--weights", "demo", "--out", "~/s").Failed(3, "is a sweep of net.h5", "bundled model");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/none").Failed(2, "Say what to draw");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/none", "--layers", "all", "--objective", "block1_conv1").Failed(2, "--objective says what to excite, and --layers too");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/none", "--objective", "diversity(block1_conv1)", "--count", "2").Failed(2, "compares pictures");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/none", "--layers", "predictions,predictions").Failed(2, "twice");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/no/ne", "--layers", "predictions").Failed(3, "does not exist");
        Assert.Equal(["net.h5", "s"], _shell.FilesIn());
    }

    [Fact]
    public void Other_weights_are_marked_where_mixing_is_wanted()
    {
        Sweep("--layers", "predictions", "--filter", "0-2", "--iterations", "2").Succeeded();
        File.Delete(_shell.PathOf("s/records/predictions/0001.json"));
        TestNetworks.Write(_shell.PathOf("other.h5"), classes: 5, v => v * 1.25f);
        Run("sweep", "--weights", "~/other.h5", "--out", "~/s").Failed(3, "these weights are other.h5");
        Run("sweep", "--weights", "~/other.h5", "--out", "~/s", "--mixed").Succeeded();
        JsonElement status = Status();
        Assert.Equal((3, 1), (status.GetProperty("done").GetInt32(), status.GetProperty("mixed").GetInt32()));
        _shell.Run("sweep", "merge", "~/s").Failed(6, "3 of 3 pictures are there and whole, 1 of them by another engine", "--mixed");
        _shell.Run("sweep", "merge", "~/s", "--mixed").Succeeded();
    }

    [Fact]
    public void Another_version_is_refused_and_marked_where_mixing_is_wanted()
    {
        Sweep("--layers", "predictions", "--filter", "0-1", "--iterations", "2").Succeeded();
        File.WriteAllText(_shell.PathOf("s/engine.json"), File.ReadAllText(_shell.PathOf("s/engine.json")).Replace("\"engine\":\"", "\"engine\":\"9.", StringComparison.Ordinal));
        File.Delete(_shell.PathOf("s/records/predictions/0001.json"));
        Run("sweep", "--weights", "~/net.h5", "--out", "~/s").Failed(3, "was begun with version 9.");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/s", "--mixed").Succeeded();
        Assert.True(SweepFolder.Open(_shell.PathOf("s")).Units.Select(u => SweepFolder.Open(_shell.PathOf("s")).DoneOf(u.Part, u.Unit)!.Mixed).Last());
    }

    [Fact]
    public void Shards_drawn_into_copies_of_the_folder_are_merged_to_what_one_run_draws()
    {
        Run("sweep", "--weights", "~/net.h5", "--out", "~/whole", "--layers", "predictions,block2_conv1", "--iterations", "2", "--batch", "2").Succeeded();
        Sweep("--layers", "predictions,block2_conv1", "--iterations", "2", "--batch", "2", "--shards", "3", "--prepare").Succeeded();
        foreach (string copy in (string[])["a", "b"])
        {
            Directory.CreateDirectory(_shell.PathOf(copy));
            File.Copy(_shell.PathOf("s/sweep.json"), _shell.PathOf(copy + "/sweep.json"));
        }

        // Of a Slurm array: the task's number is the shard, and how many tasks there are says nothing.
        _shell["SLURM_ARRAY_TASK_ID"] = "1";
        _shell["SLURM_ARRAY_TASK_COUNT"] = "1";
        Run("sweep", "--weights", "~/net.h5", "--out", "~/a").Succeeded();
        _shell["SLURM_ARRAY_TASK_ID"] = "3";
        Run("sweep", "--weights", "~/net.h5", "--out", "~/a").Failed(2, "task 3 of a Slurm array", "--array=0-2");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/s", "--shard", "0/3").Succeeded();
        Outcome missing = _shell.Run("sweep", "merge", "~/s", "~/a", "--quiet").Failed(6, "pictures are there and whole", "Missing of predictions: 0004 (shard 2).");
        Assert.DoesNotContain("block2_conv1", missing.Error, StringComparison.Ordinal);
        Run("sweep", "--weights", "~/net.h5", "--out", "~/b", "--shard", "2/3").Succeeded();
        _shell.Run("sweep", "merge", "~/s", "~/a", "~/b").Succeeded();
        Assert.Equal(Pictures("whole"), Pictures("s"));
        _shell.Run("sweep", "merge", "~/s", "~/whole").Succeeded();
        Run("sweep", "--weights", "~/net.h5", "--out", "~/c", "--layers", "predictions", "--iterations", "3").Failed(2, "task 3");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/c", "--layers", "predictions", "--iterations", "3", "--shard", "0/1").Succeeded();
        _shell.Run("sweep", "merge", "~/s", "~/c").Failed(3, "is another sweep than");
    }

    [Fact]
    public void A_damaged_picture_is_found_by_merge_and_drawn_again()
    {
        Sweep("--layers", "predictions", "--iterations", "2").Succeeded();
        string path = _shell.PathOf("s/pictures/predictions/0002.png");
        byte[] whole = File.ReadAllBytes(path);
        byte[] damaged = [.. whole];
        damaged[^20] ^= 1;
        File.WriteAllBytes(path, damaged);
        _shell.Run("sweep", "merge", "~/s").Failed(6, "4 of 5 pictures are there and whole", "Damaged, to be drawn again: predictions 0002.");
        Run("sweep", "--weights", "~/net.h5", "--out", "~/s").Succeeded();
        _shell.Run("sweep", "merge", "~/s").Succeeded();
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_unit_that_cannot_be_drawn_is_recorded_and_stops_no_other()
    {
        // The third class's logit overflows: its own picture has no finite loss, those beside it in the batch have.
        using (HeWeights weights = new(new Topology([[2, 2], [2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]], Head.Create(1, 4, 4, 5)), 7))
        using (OverflowingClass overflowing = new(weights, 2, 5))
        {
            PlainWeightsFile.Write(overflowing, _shell.PathOf("bad.h5"), overwrite: true);
        }

        Run("sweep", "--weights", "~/bad.h5", "--out", "~/f", "--layers", "predictions", "--iterations", "2", "--quiet").Failed(6, "4 of 5 pictures are in", "1 unit cannot be drawn", "--retry");
        Assert.Equal(["0002.json"], _shell.FilesIn("f/failures/predictions"));
        Assert.Equal(4, _shell.FilesIn("f/pictures/predictions").Length);
        JsonElement failure = JsonDocument.Parse(_shell.Run("sweep", "status", "~/f", "--json").Succeeded().Out).RootElement.GetProperty("failures")[0];
        Assert.Contains("finite loss", failure.GetProperty("reason").GetString(), StringComparison.Ordinal);
        _shell.Run("sweep", "merge", "~/f").Failed(6, "Failed of predictions: 0002.");

        // Not tried again unasked.
        byte[] record = File.ReadAllBytes(_shell.PathOf("f/failures/predictions/0002.json"));
        Run("sweep", "--weights", "~/bad.h5", "--out", "~/f", "--quiet").Failed(6);
        Assert.Equal(record, File.ReadAllBytes(_shell.PathOf("f/failures/predictions/0002.json")));
        Run("sweep", "--weights", "~/bad.h5", "--out", "~/f", "--quiet", "--retry").Failed(6);
        Assert.NotEqual(record, File.ReadAllBytes(_shell.PathOf("f/failures/predictions/0002.json")));
    }

    [Theory]
    [InlineData("\"name\":\"predictions\"", "\"name\":\"..\"", "a part is called '..'")]
    [InlineData("\"name\":\"0001\"", "\"name\":\"../../0001\"", "a unit of 'predictions' is called")]
    [InlineData("\"name\":\"0001\"", "\"name\":\"0000\"", "each once")]
    [InlineData("\"format\":1,", "\"format\":7,", "the format 7")]
    [InlineData("\"shards\":1,", "\"shards\":0,", "1 to 100000")]
    [InlineData("\"seeds\":[1337,1337]", "\"seeds\":[1337]", "1 pictures for 2 units")]
    [InlineData("\"iterations\":2,", "\"iterations\":\"\\u001b\",", "cannot be read")]
    [InlineData("{\"format\":1,", "{\"parts\":null,\"format\":1,", "no manifest")]
    public void A_manifest_that_is_not_what_it_should_be_is_refused(string from, string to, string message)
    {
        Sweep("--layers", "predictions", "--filter", "0,1", "--iterations", "2", "--prepare").Succeeded();
        string text = File.ReadAllText(_shell.PathOf("s/sweep.json"));
        Assert.Contains(from, text, StringComparison.Ordinal);
        int at = to.Contains("parts", StringComparison.Ordinal) ? text.Length : text.IndexOf(from, StringComparison.Ordinal) + from.Length;
        File.WriteAllText(_shell.PathOf("s/sweep.json"), to.Contains("parts", StringComparison.Ordinal) ? "{\"format\":1,\"parts\":null}" : string.Concat(text.AsSpan(0, at - from.Length), to, text.AsSpan(at)));
        Run("sweep", "--weights", "~/net.h5", "--out", "~/s").Failed(3, message);
        Assert.Equal(["net.h5", "s"], _shell.FilesIn());
    }

    [Fact]
    public void What_holds_no_sweep_is_refused()
    {
        _shell.Run("sweep", "status", "~/none").Failed(3, "There is no folder");
        Directory.CreateDirectory(_shell.PathOf("empty"));
        _shell.Run("sweep", "merge", "~/empty").Failed(3, "holds no sweep");
        File.WriteAllText(_shell.PathOf("empty/sweep.json"), "[1");
        _shell.Run("sweep", "status", "~/empty").Failed(3, "no manifest of a sweep");
    }

    [Fact]
    public void The_batch_file_is_one_that_a_shell_reads_and_says_the_shards_that_were_planned()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX shells");
        Sweep("--layers", "predictions", "--iterations", "2", "--shards", "4", "--prepare").Succeeded();
        _shell.Run("sweep", "slurm-script", "~/s", "--gpus", "2", "--time", "1-00:00:00", "--partition", "long", "--memory", "8G", "--at-once", "3", "--signal-before", "300").Succeeded();
        string script = File.ReadAllText(_shell.PathOf("s/sweep.sbatch"));
        foreach (string line in (string[])["#SBATCH --array=0-3%3", "#SBATCH --gres=gpu:2", "#SBATCH --time=1-00:00:00", "#SBATCH --partition=long", "#SBATCH --mem=8G", "#SBATCH --requeue", "#SBATCH --signal=B:TERM@300", $"#SBATCH --output=\"{_shell.PathOf("s")}/logs/%A_%a.log\""])
        {
            Assert.Contains(line + "\n", script, StringComparison.Ordinal);
        }

        Assert.Contains("--shard \"$SLURM_ARRAY_TASK_ID/4\"", script, StringComparison.Ordinal);
        Assert.Contains("--device cuda --grace 150", script, StringComparison.Ordinal);
        using Child bash = Child.StartOther(_shell, "/bin/bash", "-n", "s/sweep.sbatch");
        Assert.Equal(0, bash.Wait());
        _shell.Run("sweep", "slurm-script", "~/s", "--time", "1; rm").Failed(2, "must be one word");
        Assert.StartsWith("#!/bin/bash\n", _shell.Run("sweep", "slurm-script", "~/s", "--script", "-").Succeeded().Out, StringComparison.Ordinal);
    }

    private string[] Pictures(string folder) =>
        [.. Directory.EnumerateFiles(_shell.PathOf(folder + "/pictures"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(p => Path.GetFileName(p) + " " + Convert.ToHexString(File.ReadAllBytes(p)))];

    private string[] Hidden() => [.. Directory.EnumerateFiles(_shell.PathOf("s"), ".*", SearchOption.AllDirectories)];

    private JsonElement Status() => JsonDocument.Parse(_shell.Run("sweep", "status", "~/s", "--json").Succeeded().Out).RootElement;

    private Outcome Sweep(params string[] arguments) => Run(["sweep", "--weights", "~/net.h5", "--out", "~/s", .. arguments]);

    private Outcome Run(params string[] arguments) => _shell.Run([.. arguments, "--device", "cpu"]);

    /// <summary>A network one of whose classes has weights so large that its logit overflows.</summary>
    private sealed class OverflowingClass(IWeightSource inner, int index, int classes) : IWeightSource
    {
        public string Name => inner.Name;

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            inner.Read(layer, part, start, destination, cancellation);
            if (layer != "predictions")
            {
                return;
            }

            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = (start + i) % classes == index ? 3e38f : destination[i];
            }
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose()
        {
        }
    }
}
