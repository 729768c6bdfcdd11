using VggCuda.Bench.Cpu;

namespace VggCuda.Engine.Tests.Bench;

public class BenchOptionsTests
{
    [Theory]
    [InlineData("python", 1)]
    [InlineData("libtorch", 2)]
    [InlineData("both", 3)]
    [InlineData("none", 0)]
    public void Peers_are_chosen_by_name(string name, int choice) =>
        Assert.Equal((PeerChoice)choice, BenchOptions.Parse(["--quick", "--peer", name]).Peers);

    [Fact]
    public void Without_a_choice_the_peers_that_are_there_are_taken() => Assert.Null(BenchOptions.Parse(["--steps"]).Peers);

    [Fact]
    public void No_peer_is_none() => Assert.Equal(PeerChoice.None, BenchOptions.Parse(["--no-peer"]).Peers);

    [Theory]
    [InlineData("--peer", "mxnet")]
    [InlineData("--peer")]
    [InlineData("--quick", "--peers")]
    public void What_is_unknown_or_missing_is_named(params string[] args) =>
        Assert.Contains(args[^1], Assert.Throws<ArgumentException>(() => BenchOptions.Parse(args)).Message, StringComparison.Ordinal);
}
