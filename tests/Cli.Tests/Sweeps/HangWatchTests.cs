using VggCuda.Cli.Sweeps;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>How long a worker may be silent. What comes of one that hangs is in <see cref="SweepProcessTests"/>.</summary>
public sealed class HangWatchTests
{
    private const string Gpu = "cuda:0";
    private const string Processor = "cpu";

    [Fact]
    public void Where_no_step_of_the_layer_has_been_seen_an_hour_is_allowed_and_longer_while_the_processor_computes()
    {
        HangWatch watch = new(null);
        watch.Measure(Processor, 0, TimeSpan.FromSeconds(1));
        Assert.Equal((HangWatch.Unmeasured, true), watch.Limit(Processor, 1));
        Assert.Equal((HangWatch.Unmeasured, true), watch.Limit(Gpu, 0));
        Assert.Equal((HangWatch.Unmeasured, true), watch.Limit(Processor, null));
        Assert.True(HangWatch.IsComputing(Processor, TimeSpan.FromMinutes(2), TimeSpan.FromHours(1)));
        Assert.True(HangWatch.IsComputing("reference", TimeSpan.FromMinutes(2), TimeSpan.FromHours(1)));
        Assert.False(HangWatch.IsComputing(Processor, TimeSpan.FromSeconds(2), TimeSpan.FromHours(1)));
        Assert.False(HangWatch.IsComputing(Gpu, TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
    }

    [Fact]
    public void The_longest_step_of_the_layer_decides_and_ten_minutes_are_the_least()
    {
        HangWatch watch = new(null);
        watch.Measure(Processor, 3, TimeSpan.FromSeconds(1));
        Assert.Equal((HangWatch.Least, false), watch.Limit(Processor, 3));
        watch.Measure(Processor, 3, TimeSpan.FromMinutes(2));
        watch.Measure(Processor, 3, TimeSpan.FromSeconds(5));
        Assert.Equal((TimeSpan.FromHours(1), false), watch.Limit(Processor, 3));
    }

    [Fact]
    public void What_the_user_says_is_for_workers_with_an_order_and_zero_is_for_ever()
    {
        HangWatch watch = new(TimeSpan.FromSeconds(30));
        watch.Measure(Processor, 3, TimeSpan.FromMinutes(2));
        Assert.Equal((TimeSpan.FromSeconds(30), false), watch.Limit(Processor, 3));
        Assert.Equal((HangWatch.Unmeasured, true), watch.Limit(Processor, null));
        Assert.Null(new HangWatch(TimeSpan.Zero).Limit(Processor, 3));
        Assert.Null(new HangWatch(TimeSpan.Zero).Limit(Processor, null));
    }
}
