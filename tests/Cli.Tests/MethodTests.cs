using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Images;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Stages;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>The options of <c>activate</c> for how pictures are drawn, and the presets that take a picture.</summary>
public sealed class MethodTests : IDisposable
{
    private readonly Shell _shell = new();

    public MethodTests()
    {
        TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);
        foreach ((string name, int factor) in ((string, int)[])[("s.png", 7), ("g.png", 11)])
        {
            File.WriteAllBytes(_shell.PathOf(name), PictureFile.EncodePng(new Picture(32, 32, [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)(40 + (i * factor % 160)))])));
        }
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Every_option_is_in_the_plan_and_the_plan_draws_again()
    {
        Activate(
            "--class", "2", "--iterations", "3", "--out", "~/a.png", "--raw", "~/a.npy", "--rescue", "17", "--rate", "0.1", "--schedule", "cosine", "--warm-up", "1", "--normalize-gradient", "true",
            "--views", "2", "--noise", "4", "--blur", "0.5", "--edge-weight", "0.1", "--edge-depth", "3", "--clip", "true", "--likeness", "0.5", "--guide", "~/g.png").Succeeded();
        RenderPlan plan = Plan("a.png");
        Assert.Equal((17, 2), (plan.RescuedSteps, plan.Views));
        Assert.Equal(new Adam(0.1, NormalizeGradient: true), plan.Optimizer);
        Assert.Equal(new RateSchedule(RateCurve.Cosine, WarmUp: 1), plan.Schedule);
        Assert.Equal([typeof(RandomAffine), typeof(Blur), typeof(Noise)], plan.Transforms.Select(t => t.GetType()));
        Assert.IsType<ClipRange>(plan.Parameters[^1]);
        Assert.Equal((0.1, 3), (plan.Regularizers.OfType<EdgeRoughness>().Single().Weight, plan.Regularizers.OfType<EdgeRoughness>().Single().Depth));
        Assert.Equal((0.5, "g.png"), (((SumObjective)plan.Objective).Terms[1].Weight, plan.Guide!.Source));
        Activate("--plan", "~/a.png", "--guide", "~/g.png", "--out", "~/b.png", "--raw", "~/b.npy").Succeeded();
        Assert.Equal(Npy.Read(_shell.PathOf("a.npy")).Values, Npy.Read(_shell.PathOf("b.npy")).Values);
        Activate("--plan", "~/a.png", "--out", "~/c.png").Failed(2, "give that picture with --guide");
        Activate("--plan", "~/a.png", "--guide", "~/s.png", "--out", "~/c.png").Failed(2, "has other values");
    }

    [Fact]
    public void Accentuate_draws_into_a_picture_and_stays_like_it()
    {
        Activate("--class", "2", "--preset", "accentuate", "--seed-image", "~/s.png", "--iterations", "3", "--out", "~/a.png").Succeeded();
        RenderPlan plan = Plan("a.png");
        Assert.Equal(("s.png", "s.png", 4), (((PictureStart)plan.Start).Source, plan.Guide!.Source, plan.Views));
        LikenessObjective likeness = Assert.IsType<LikenessObjective>(((SumObjective)plan.Objective).Terms[1]);
        Assert.Equal(("block5_conv3", Presets.AccentuateLikeness), (likeness.Layer, likeness.Weight));
        Activate("--class", "2", "--preset", "accentuate", "--out", "~/b.png").Failed(2, "--seed-image FILE");
        Activate("--class", "2", "--preset", "accentuate", "--likeness", "0", "--iterations", "1", "--out", "~/b.png").Succeeded();
        Assert.Null(Plan("b.png").Guide);
    }

    [Fact]
    public void A_caricature_of_a_picture()
    {
        Activate("--objective", "caricature(block3_conv1)", "--guide", "~/g.png", "--iterations", "2", "--out", "~/a.png").Succeeded();
        Assert.Equal("block3_conv1", Assert.IsType<CaricatureObjective>(Plan("a.png").Objective).Layer);
    }

    [Fact]
    public void Maco_draws_with_the_spectrum_of_a_folder()
    {
        Directory.CreateDirectory(_shell.PathOf("pictures"));
        File.Copy(_shell.PathOf("s.png"), _shell.PathOf("pictures/s.png"));
        File.Copy(_shell.PathOf("g.png"), _shell.PathOf("pictures/g.png"));
        Assert.Contains("mean of 2 pictures", _shell.Run("spectrum", "build", "~/pictures", "--out", "~/m.json").Succeeded().Out, StringComparison.Ordinal);
        string[] line = ["--class", "2", "--iterations", "2", "--preset", "maco"];
        Activate([.. line, "--spectrum", "~/m.json", "--out", "~/a.png", "--raw", "~/a.npy"]).Succeeded();
        Assert.Equal(2, Plan("a.png").Parameters.OfType<PhaseSpectrum>().Single().Measured!.Pictures);
        Activate([.. line, "--out", "~/b.png", "--raw", "~/b.npy"]).Succeeded();
        Assert.NotEqual(Npy.Read(_shell.PathOf("a.npy")).Values, Npy.Read(_shell.PathOf("b.npy")).Values);
        Activate("--plan", "~/a.png", "--out", "~/c.png", "--raw", "~/c.npy").Succeeded();
        Assert.Equal(Npy.Read(_shell.PathOf("a.npy")).Values, Npy.Read(_shell.PathOf("c.npy")).Values);

        Activate("--class", "2", "--spectrum", "~/m.json", "--out", "~/d.png").Failed(2, "belongs to the preset maco");
        File.WriteAllText(_shell.PathOf("n.json"), "{\"pictures\": 1, \"magnitudes\": [1]}");
        Activate([.. line, "--spectrum", "~/n.json", "--out", "~/d.png"]).Failed(3, "this has 1");
        File.WriteAllText(_shell.PathOf("pictures/x.png"), "no picture");
        Outcome part = _shell.Run("spectrum", "build", "~/pictures", "--out", "~/m.json");
        Assert.Equal(3, part.Code);
        Assert.Contains("x.png", part.Error, StringComparison.Ordinal);
        Assert.Contains("mean of 2 pictures; 1 could not be read", part.Out, StringComparison.Ordinal);
        _shell.Run("spectrum", "build", "~/pictures/x.png", "--out", "~/o.json").Failed(3, "None of 1 pictures");
        Assert.False(File.Exists(_shell.PathOf("o.json")));
    }

    [Theory]
    [InlineData("--schedule sideways", "one of constant, linear, cosine, exponential")]
    [InlineData("--views 65", "between 1 and 64")]
    [InlineData("--noise -1", "0 or more")]
    [InlineData("--blur 100", "at most 64")]
    [InlineData("--blur-every 4", "a spectrum")]
    [InlineData("--warm-up 256", "leave one")]
    [InlineData("--rate 0", "above 0")]
    [InlineData("--guide ~/g.png", "compares with none")]
    [InlineData("--objective caricature(block2_conv1)", "none is given")]
    [InlineData("--preset keras-vis --views 2", "replaces it for good")]
    public void What_does_not_fit_is_refused(string options, string because)
    {
        string[] given = options.Split(' ');
        Activate([.. given.Contains("--objective") ? (string[])[] : ["--class", "2"], .. given, "--out", "~/a.png"]).Failed(2, because);
        Assert.False(File.Exists(_shell.PathOf("a.png")));
    }

    private Outcome Activate(params string[] arguments) => _shell.Run(["activate", "--device", "reference", "--weights", "~/tiny.h5", .. arguments]);

    private RenderPlan Plan(string name) => RenderPlan.FromJson(PngText.Read(_shell.PathOf(name))["vggcuda:plan"]);
}
