using VggCuda.Cli.Progress;

namespace VggCuda.Cli.Tests;

/// <summary>A line of progress on terminals of every width.</summary>
public class BarLayoutTests
{
    private static readonly string[] Numbers = ["123456/1000000 loss -1234.5 1234.5 it/s 59 min 59 s left", "123456/1000000 1234.5 it/s 59 min 59 s left", "123456/1000000 59 min 59 s left", "123456/1000000", "12 %"];

    [Fact]
    public void It_never_wraps_and_never_loses_its_bar()
    {
        for (int columns = 8; columns <= 300; columns++)
        {
            (string title, int bar, string numbers) = BarLayout.Share(columns, "block5_conv3: filter 1, filter 2 and 3 more", Numbers);
            int width = title.Length + (title.Length > 0 ? 1 : 0) + bar + 1 + numbers.Length;
            Assert.True(width < columns && bar >= 1, $"{columns}: '{title}' {bar} '{numbers}'");
            Assert.True(columns < 40 || (bar >= 4 && title.Length >= 10 && numbers.Length >= 14), $"{columns}: '{title}' {bar} '{numbers}'");
        }
    }

    [Fact]
    public void Eighty_columns_have_room_for_all()
    {
        string line = "120/500 loss -12.346 55.1 it/s 7 s left";
        Assert.Equal(("bird (class 20)", 12, line), BarLayout.Share(80, "bird (class 20)", line, "120/500"));
    }
}
