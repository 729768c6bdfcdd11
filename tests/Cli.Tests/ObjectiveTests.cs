using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary><c>activate --objective</c>, ranges and <c>--diversity</c>.</summary>
public sealed class ObjectiveTests : IDisposable
{
    private readonly Shell _shell = new();

    public ObjectiveTests() => TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_sum_across_layers_is_drawn_logged_and_drawn_again()
    {
        Activate("--objective", "predictions:2 - 0.5*predictions:1 + 0.1*block2_conv1:0@middle", "--count", "2", "--iterations", "2", "--out", "~/s.png", "--log", "~/s.jsonl").Succeeded();
        SumObjective sum = Assert.IsType<SumObjective>(Plan("s.png").Objective);
        Assert.Equal([1, -0.5, 0.1], sum.Terms.Select(t => t.Weight));
        JsonElement picture = JsonDocument.Parse(File.ReadAllBytes(_shell.PathOf("s.json"))).RootElement.GetProperty("renders")[0].GetProperty("pictures")[1];
        double[] parts = [.. picture.GetProperty("channels").EnumerateArray().Select(c => c.GetProperty("activation").GetDouble())];
        Assert.Equal(parts[0] - (0.5 * parts[1]) + (0.1 * parts[2]), picture.GetProperty("activation").GetDouble(), 1e-9);
        Assert.Equal(4, File.ReadLines(_shell.PathOf("s.jsonl")).Count());
        Activate("--plan", "~/s.png", "--out", "~/t.png").Succeeded();
        Assert.Equal(PictureFile.Read(_shell.PathOf("s.png")).Rgb, PictureFile.Read(_shell.PathOf("t.png")).Rgb);
    }

    [Fact]
    public void A_range_gives_the_pictures_of_its_numbers()
    {
        Activate("--layer", "predictions", "--filter", "0-2", "--iterations", "2", "--out", "~/r.png", "--raw", "~/r.npy").Succeeded();
        Activate("--layer", "predictions", "--filter", "1", "--iterations", "2", "--out", "~/o.png", "--raw", "~/o.npy").Succeeded();
        Assert.Equal([0, 1, 2], ((ChannelObjective)Plan("r.png").Objective).Channels.Select(c => c[0]));
        Assert.Equal(Npy.Read(_shell.PathOf("o.npy")).Values, Npy.Read(_shell.PathOf("r.npy")).Values[3072..6144]);
        Activate("--class", "3-4,0", "--iterations", "1", "--out", "~/c.png").Succeeded();
        Assert.Equal([3, 4, 0], ((ChannelObjective)Plan("c.png").Objective).Channels.Select(c => c[0]));
    }

    [Fact]
    public void Diverse_pictures_differ_from_those_drawn_without()
    {
        string[] line = ["--class", "1,2", "--count", "2", "--iterations", "2", "--raw"];
        Activate([.. line, "~/a.npy", "--out", "~/a.png"]).Succeeded();
        Activate([.. line, "~/b.npy", "--out", "~/b.png", "--diversity", "100"]).Succeeded();
        Assert.Equal(2, Plan("b.png").Objective.GroupSize);
        Assert.NotEqual(Npy.Read(_shell.PathOf("a.npy")).Values, Npy.Read(_shell.PathOf("b.npy")).Values);
    }

    [Theory]
    [InlineData("--objective predictions:2+", "at its end")]
    [InlineData("--objective predictions:2 --class 3", "--class too")]
    [InlineData("--objective diversity(block1_conv1)", "--count 2 or more")]
    [InlineData("--objective block2_conv1:0@500,0 --iterations 1", "no neuron at row 500")]
    [InlineData("--class 1 --diversity 3", "--count")]
    [InlineData("--class 3-1", "write 1-3")]
    [InlineData("--class 3-9", "0 to 4")]
    [InlineData("--filter 0-99999999999999", "no whole number")]
    [InlineData("--class 1 --size 20", "between 32 and")]
    public void What_cannot_be_is_refused(string line, string words) => Activate([.. line.Split(' ')]).Failed(2, words);

    private Outcome Activate(params string[] arguments) => _shell.Run(["activate", "--device", "reference", "--weights", "~/tiny.h5", .. arguments]);

    private RenderPlan Plan(string name) => RenderPlan.FromJson(PngText.Read(_shell.PathOf(name))["vggcuda:plan"]);
}
