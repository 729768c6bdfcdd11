using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Model;

public class ProgramSpecTests
{
    private static readonly ProgramSpec Good = new() { Taps = [new TapSpec(Samples.WithTop.Topology.Find("predictions")!) { Channels = [[1, 2], [3, -1]] }], Batch = 2, Height = 41, Width = 63 };

    public static TheoryData<string, string> Wrongs => new()
    {
        { "strange layer", "'block3_conv1' is not one of this network's" },
        { "flatten", "no filters to look at" },
        { "batch", "batch is 0" },
        { "small", "31 x 40; VGG16 needs at least 32 x 32" },
        { "large", "at most 16384 x 16384" },
        { "size", "41 x 64; the dense layers of this network need 32 x 32" },
        { "lists", "1 channel lists for a batch of 2" },
        { "lengths", "of one length, at least 1" },
        { "empty list", "of one length, at least 1" },
        { "channel", "no channel 6; its channels are 0 to 5" },
        { "negative", "no channel -2" },
    };

    [Theory]
    [MemberData(nameof(Wrongs))]
    public void What_does_not_fit_the_network_is_refused(string what, string message)
    {
        Good.Validate(Samples.WithTop);
        ProgramSpec bad = what switch
        {
            "strange layer" => Good with { Taps = [Good.Taps[0] with { Layer = Samples.WithoutTop.Topology.Find("block3_conv1")! }] },
            "flatten" => Good with { Taps = [Good.Taps[0] with { Layer = Samples.WithTop.Topology.Find("flatten")! }] },
            "batch" => Good with { Batch = 0 },
            "small" => Good with { Height = 31, Width = 40 },
            "large" => Good with { Taps = [Good.Taps[0] with { Layer = Samples.WithTop.Topology.Find("block1_conv1")! }], Height = 16385 },
            "size" => Good with { Width = 64 },
            "lists" => Good with { Taps = [Good.Taps[0] with { Channels = [[1]] }] },
            "lengths" => Good with { Taps = [Good.Taps[0] with { Channels = [[1, 2], [3]] }] },
            "empty list" => Good with { Taps = [Good.Taps[0] with { Channels = [[], []] }] },
            "channel" => Good with { Taps = [Good.Taps[0] with { Channels = [[1, 2], [3, 6]] }] },
            "negative" => Good with { Taps = [Good.Taps[0] with { Channels = [[1, -2], [3, 4]] }] },
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        PlanException error = Assert.Throws<PlanException>(() => bad.Validate(Samples.WithTop));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_follow_from_the_spec()
    {
        Assert.Equal(new TensorShape(2, 41, 63, 3), Good.InputShape);
        Assert.Equal(new TensorShape(2, 1, 1, 2), Good.TapShape());
        ProgramSpec pool = Good with { Taps = [Good.Taps[0] with { Layer = Samples.WithTop.Topology.Find("block3_pool")!, Channels = [] }] };
        Assert.Equal(new TensorShape(2, 5, 7, 13), pool.TapShape());
        Assert.Equal(13, (pool with { Taps = [pool.Taps[0] with { Channels = default(ImmutableArray<ImmutableArray<int>>) }] }).Taps[0].ChannelCount);
    }

    [Fact]
    public void A_network_with_a_top_takes_any_size_below_its_dense_layers() =>
        (Good with { Taps = [Good.Taps[0] with { Layer = Samples.WithTop.Topology.Find("block5_pool")!, Channels = [] }], Height = 333, Width = 97 }).Validate(Samples.WithTop);
}
