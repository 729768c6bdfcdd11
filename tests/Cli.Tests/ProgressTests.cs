using VggCuda.Cli.Progress;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Tests;

/// <summary>The words of progress.</summary>
public class ProgressTests
{
    [Fact]
    public void A_plain_line_has_iteration_loss_speed_and_time_left()
    {
        using StringWriter error = new();
        int result = new PlainProgress(error).Show("predictions: bird (class 20)", 500, progress =>
        {
            progress!.Report(new RenderProgress(120, 500, 3, -12.345678, 55.14, TimeSpan.FromSeconds(6.9)));
            return 7;
        });
        Assert.Equal(7, result);
        Assert.Equal("predictions: bird (class 20): iteration 120 of 500, loss -12.346, 55.1 it/s, 7 s left", error.ToString().TrimEnd());
    }

    [Fact]
    public void Many_reports_in_no_time_make_one_line()
    {
        using StringWriter error = new();
        new PlainProgress(error).Show("x", 100, progress =>
        {
            for (int i = 1; i <= 100; i++)
            {
                progress!.Report(new RenderProgress(i, 100, 1, 1, 1, TimeSpan.Zero));
            }

            return 0;
        });
        Assert.Equal("x: iteration 100 of 100, loss 1, 1.0 it/s", Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)).TrimEnd());
    }

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(59.2, "1 min 0 s")]
    [InlineData(190, "3 min 10 s")]
    [InlineData(7322, "2 h 2 min")]
    public void Durations_have_the_units_that_matter(double seconds, string text) =>
        Assert.Equal(text, ProgressText.Duration(TimeSpan.FromSeconds(seconds)));
}
