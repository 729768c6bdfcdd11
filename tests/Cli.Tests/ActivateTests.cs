using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>activate</c> from arguments to files, on a tiny network.</summary>
public sealed class ActivateTests : IDisposable
{
    private readonly Shell _shell = new();

    public ActivateTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_picture_with_transparency_has_the_same_colours_where_it_is_opaque()
    {
        Activate("--class", "1,2", "--iterations", "3", "--scale", "1", "--out", "~/f.png", "--alpha", "~/t.png").Succeeded();
        byte[] png = File.ReadAllBytes(_shell.PathOf("t.png"));
        Assert.Equal(6, png[25]);
        Picture picture = PictureFile.Read(_shell.PathOf("t.png"));
        Assert.Equal(((2 * 32) + 5, 32), (picture.Width, picture.Height));
        Assert.Contains("vggcuda:plan", PngText.Read(_shell.PathOf("t.png")).Keys);
        Assert.Equal("alpha", Record("f.json").GetProperty("renders")[0].GetProperty("files")[1].GetProperty("kind").GetString());

        // The margin is transparent, so white where it is laid over white; a fifth of each picture is opaque.
        Assert.Equal([255, 255, 255], picture.Rgb[(32 * 3)..(33 * 3)]);
        Picture labelled = PictureFile.Read(_shell.PathOf("f.png"));
        int same = Enumerable.Range(0, picture.Width * picture.Height).Count(p => picture.Rgb.AsSpan(p * 3, 3).SequenceEqual(labelled.Rgb.AsSpan(p * 3, 3)));
        Assert.True(same >= 2 * 32 * 32 / 10, $"{same} pixels");
        Activate("--class", "1", "--out", "~/f.png", "--alpha", "~/t.gif").Failed(2, "--alpha", ".png");
    }

    [Fact]
    public void A_filter_becomes_a_picture_with_its_plan_and_a_record()
    {
        Outcome outcome = Activate("--layer", "block2_conv1", "--filter", "1", "--iterations", "3", "--seed", "7", "--out", "~/f.png").Succeeded();

        Picture picture = PictureFile.Read(_shell.PathOf("f.png"));
        Assert.Equal((224, 224), (picture.Width, picture.Height));
        IReadOnlyDictionary<string, string> text = PngText.Read(_shell.PathOf("f.png"));
        RenderPlan plan = RenderPlan.FromJson(text["vggcuda:plan"]);
        Assert.Equal(("block2_conv1", 3, 7u, 32), (((ChannelObjective)plan.Objective).Layer, plan.Iterations, plan.Seeds[0], plan.Width));
        Assert.StartsWith("VggCuda ", text["Software"], StringComparison.Ordinal);

        JsonElement record = Record("f.json");
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_shell.PathOf("tiny.h5"))));
        Assert.Equal(hash, record.GetProperty("weights").GetProperty("sha256").GetString());
        Assert.Equal($"tiny.h5 sha256:{hash}", text["vggcuda:weights"]);
        JsonElement render = record.GetProperty("renders")[0];
        Assert.Equal(7, render.GetProperty("scale").GetInt32());
        Assert.Equal(3, render.GetProperty("timings").GetProperty("steps").GetInt64());
        JsonElement image = render.GetProperty("pictures")[0];
        Assert.Equal((32, 3, 7), (image.GetProperty("width").GetInt32(), image.GetProperty("steps").GetInt32(), image.GetProperty("seed").GetInt32()));
        Assert.Equal(1, image.GetProperty("channels")[0].GetProperty("channel").GetInt32());
        Assert.Equal(JsonValueKind.Null, image.GetProperty("channels")[0].GetProperty("rank").ValueKind);
        Assert.Equal(plan.ToJson(), RenderPlan.FromJson(render.GetProperty("plan").GetRawText()).ToJson());
        Assert.Equal("reference", record.GetProperty("device").GetProperty("name").GetString());
        Assert.NotEmpty(record.GetProperty("software").GetProperty("version").GetString()!);
        Assert.Contains("f.png", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(["f.json", "f.png", "tiny.h5"], _shell.FilesIn());
    }

    [Fact]
    public void A_class_has_a_probability_and_a_rank()
    {
        Activate("--class", "2", "--iterations", "2", "--out", "~/c.png").Succeeded();
        JsonElement score = Record("c.json").GetProperty("renders")[0].GetProperty("pictures")[0].GetProperty("channels")[0];
        Assert.InRange(score.GetProperty("probability").GetDouble(), 0, 1);
        Assert.InRange(score.GetProperty("rank").GetInt32(), 1, 5);
    }

    [Fact]
    public void Several_filters_and_counts_give_a_picture_each_and_equal_single_runs()
    {
        Activate("--layer", "7", "--filter", "0,1", "--count", "2", "--seed", "5", "--iterations", "2", "--out", "~/many.png", "--raw", "~/many.npy", "--scale", "1").Succeeded();
        Activate("--layer", "block3_conv1", "--filter", "1", "--seed", "6", "--iterations", "2", "--out", "~/one.png", "--raw", "~/one.npy", "--scale", "1").Succeeded();

        NpyArray many = Npy.Read(_shell.PathOf("many.npy"));
        Assert.Equal([4, 32, 32, 3], many.Shape);
        Assert.Equal(NpyType.Float32, many.Type);
        Assert.Equal(many.Values[^3072..], Npy.Read(_shell.PathOf("one.npy")).Values);
        Picture sheet = PictureFile.Read(_shell.PathOf("many.png"));
        Assert.Equal(((4 * 32) + (3 * 5), 32), (sheet.Width, sheet.Height));
        Assert.Equal([5u, 6u, 5u, 6u], Plan("many.png").Seeds);
    }

    [Fact]
    public void Six_pictures_take_two_rows_of_five()
    {
        Activate("--class", "1", "--count", "6", "--iterations", "1", "--out", "~/six.png", "--scale", "1").Succeeded();
        Picture sheet = PictureFile.Read(_shell.PathOf("six.png"));
        Assert.Equal(((5 * 32) + (4 * 5), (2 * 32) + 5), (sheet.Width, sheet.Height));
    }

    [Fact]
    public void Sum_makes_one_joint_picture()
    {
        Activate("--layer", "block1_conv2", "--filter", "0,1", "--sum", "--iterations", "1", "--out", "~/sum.png", "--raw", "~/sum.npy").Succeeded();
        Assert.Equal([0, 1], Assert.Single(((ChannelObjective)Plan("sum.png").Objective).Channels));
        Assert.Equal([1, 32, 32, 3], Npy.Read(_shell.PathOf("sum.npy")).Shape);
    }

    [Fact]
    public void The_log_has_a_line_for_each_image_and_iteration_as_keras_vis_counts()
    {
        Activate("--class", "0,3", "--iterations", "3", "--tv-weight", "0", "--lp-weight", "2", "--out", "~/l.png", "--log", "~/l.jsonl").Succeeded();
        JsonElement[] lines = [.. File.ReadLines(_shell.PathOf("l.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)], lines.Select(l => (l.GetProperty("image").GetInt32(), l.GetProperty("iteration").GetInt32())));
        Assert.Equal(["image", "iteration", "activation", "lp", "tv", "total"], lines[0].EnumerateObject().Select(p => p.Name));
        Assert.All(lines, l =>
        {
            Assert.Equal(0, l.GetProperty("tv").GetDouble());
            Assert.Equal(l.GetProperty("activation").GetDouble() + l.GetProperty("lp").GetDouble(), l.GetProperty("total").GetDouble(), 1e-9);
        });
        double best = lines[..3].Min(l => l.GetProperty("total").GetDouble());
        Assert.Equal(best, Record("l.json").GetProperty("renders")[0].GetProperty("pictures")[0].GetProperty("bestTotal").GetDouble(), 1e-12);
    }

    [Fact]
    public void Animations_hold_the_start_the_steps_and_the_end()
    {
        Activate("--class", "4", "--iterations", "4", "--out", "~/a.png", "--gif", "~/a.gif", "--webp", "~/a.webp", "--scale", "2").Succeeded();
        Picture gif = PictureFile.Read(_shell.PathOf("a.gif"));
        Picture webp = PictureFile.Read(_shell.PathOf("a.webp"));
        Assert.Equal((64, 64, 64, 64), (gif.Width, gif.Height, webp.Width, webp.Height));
        // Start, four steps and the best; the encoder joins frames that are alike, as the last step and the best are here.
        Assert.InRange(Count(File.ReadAllBytes(_shell.PathOf("a.webp")), "ANMF"u8), 5, 6);
    }

    [Fact]
    public void A_GIF_of_three_small_pictures_stays_below_two_megabytes()
    {
        _shell.Run("activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--count", "3", "--iterations", "60", "--quiet", "--out", "~/a.png", "--gif", "~/a.gif", "--webp", "~/a.webp").Succeeded();
        Assert.InRange(new FileInfo(_shell.PathOf("a.gif")).Length, 100_000, 2_000_000);
        Picture gif = PictureFile.Read(_shell.PathOf("a.gif"));
        Picture webp = PictureFile.Read(_shell.PathOf("a.webp"));
        Assert.Equal((webp.Width - 10) / 3 * 2, gif.Width - 10);
    }

    [Fact]
    public void A_run_can_go_on_from_the_array_of_another()
    {
        Activate("--class", "1", "--iterations", "2", "--out", "~/a.png", "--raw", "~/a.npy").Succeeded();
        Activate("--class", "1", "--iterations", "1", "--jitter", "0", "--seed-image", "~/a.npy", "--out", "~/b.png").Succeeded();
        RenderPlan plan = Plan("b.png");
        Assert.Empty(plan.Transforms);
        Assert.Equal("a.npy", Assert.IsType<VggCuda.Engine.Images.PictureStart>(plan.Start).Source);
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("a.webp")]
    public void A_run_starts_from_a_picture_of_any_size(string name)
    {
        Picture ramp = new(50, 40, [.. Enumerable.Range(0, 50 * 40 * 3).Select(i => (byte)i)]);
        File.WriteAllBytes(_shell.PathOf(name), name.EndsWith("png", StringComparison.Ordinal) ? PictureFile.EncodePng(ramp) : AnimatedWebP.Encode([ramp], TimeSpan.FromSeconds(1), null));
        Activate("--class", "1", "--iterations", "1", "--seed-image", "~/" + name, "--out", "~/s.png").Succeeded();
        Assert.IsType<VggCuda.Engine.Images.PictureStart>(Plan("s.png").Start);
    }

    [Fact]
    public void Without_dense_layers_any_size_goes_and_an_array_decides_it()
    {
        TestNetworks.Write(_shell.PathOf("notop.h5"), classes: null);
        Npy.Write(_shell.PathOf("s.npy"), [40, 40, 3], new float[4800]);
        _shell.Run("activate", "--device", "reference", "--weights", "~/notop.h5", "--preset", "keras-vis", "--layer", "block1_conv1", "--filter", "0", "--iterations", "1", "--seed-image", "~/s.npy", "--out", "~/n.png").Succeeded();
        Assert.Equal(40, Plan("n.png").Width);
        _shell.Run("activate", "--device", "reference", "--weights", "~/notop.h5", "--preset", "keras-vis", "--layer", "block2_pool", "--filter", "0", "--iterations", "1", "--size", "45", "--out", "~/n.png").Succeeded();
        Assert.Equal(45, Plan("n.png").Width);
    }

    [Fact]
    public void A_dry_run_forecasts_memory_and_writes_nothing()
    {
        Outcome outcome = Activate("--class", "1", "--count", "3", "--out", "~/d.png", "--dry-run").Succeeded();
        long[] bytes = [.. outcome.Out.Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal)).Select(l => long.Parse(System.Text.RegularExpressions.Regex.Match(l, @"([\d,]+) bytes").Groups[1].Value.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(5, bytes.Length);
        Assert.Equal(bytes[..4].Sum(), bytes[4]);
        Assert.True(bytes[0] > 0 && bytes[1] > 0 && bytes[3] > 0, outcome.Out);
        Assert.Equal(["tiny.h5"], _shell.FilesIn());
    }

    [Fact]
    public void A_link_stays_a_link_and_what_it_points_to_is_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateDirectory(_shell.PathOf("far"));
        File.CreateSymbolicLink(_shell.PathOf("near.png"), _shell.PathOf("far/real.png"));
        Activate("--class", "1", "--iterations", "1", "--out", "~/near.png").Succeeded();
        Assert.Equal(224, PictureFile.Read(_shell.PathOf("far/real.png")).Width);
        Assert.NotNull(new FileInfo(_shell.PathOf("near.png")).LinkTarget);
    }

    [Fact]
    public void Same_seed_same_bytes_and_quiet_says_nothing()
    {
        string[] line = ["--class", "1", "--iterations", "2", "--quiet", "--out"];
        Assert.Equal(("", ""), (Activate([.. line, "~/1.png"]).Out, Activate([.. line, "~/2.png"]).Error));
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("1.png")), File.ReadAllBytes(_shell.PathOf("2.png")));
    }

    private Outcome Activate(params string[] arguments) => _shell.Run(["activate", "--device", "reference", "--weights", "~/tiny.h5", "--preset", "keras-vis", .. arguments]);

    private RenderPlan Plan(string name) => RenderPlan.FromJson(PngText.Read(_shell.PathOf(name))["vggcuda:plan"]);

    private JsonElement Record(string name) => JsonDocument.Parse(File.ReadAllBytes(_shell.PathOf(name))).RootElement;

    private static int Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> word)
    {
        int count = 0;
        for (int i = 0; i + word.Length <= bytes.Length; i++)
        {
            count += bytes.Slice(i, word.Length).SequenceEqual(word) ? 1 : 0;
        }

        return count;
    }
}
