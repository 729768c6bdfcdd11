using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Tests.Stages;

/// <summary>What the random views draw.</summary>
public sealed class RandomAffineTests
{
    private static readonly TensorShape Picture = new(1, 60, 80, 3);

    [Fact]
    public void Views_keep_to_their_bounds_and_fill_them()
    {
        RandomAffine stage = new(20, 0.5, 2) { Shift = 7, Mirror = true, Height = 30, Width = 40 };
        NumPyRandom random = new(5);
        double[] m = new double[6];
        (double Angle, double Small, double Large, double Down, double Right) most = (0, 9, 0, 0, 0);
        int mirrored = 0;
        for (int i = 0; i < 2000; i++)
        {
            stage.Draw(random, Picture, m);
            double determinant = (m[0] * m[4]) - (m[1] * m[3]);
            double scale = 1 / Math.Sqrt(Math.Abs(determinant));
            double angle = Math.Abs(Math.Atan2(-m[1], m[0])) * 180 / Math.PI;

            // Where in the output the source's centre lies.
            double y = 29.5 - m[2];
            double x = 39.5 - m[5];
            double row = ((m[4] * y) - (m[1] * x)) / determinant;
            double column = ((m[0] * x) - (m[3] * y)) / determinant;
            Assert.InRange(angle, 0, 20);
            Assert.InRange(scale, 0.5 - 1e-9, 2 + 1e-9);
            Assert.InRange(Math.Abs(row - 14.5), 0, 7);
            Assert.InRange(Math.Abs(column - 19.5), 0, 7);
            mirrored += determinant < 0 ? 1 : 0;
            most = (Math.Max(most.Angle, angle), Math.Min(most.Small, scale), Math.Max(most.Large, scale), Math.Max(most.Down, Math.Abs(row - 14.5)), Math.Max(most.Right, Math.Abs(column - 19.5)));
        }

        Assert.InRange(mirrored, 900, 1100);
        Assert.True(most is { Angle: > 19.9, Small: < 0.51, Large: > 1.99, Down: > 6.95, Right: > 6.95 }, $"{most}");
    }

    [Fact]
    public void A_view_that_changes_nothing_reads_every_pixel_where_it_is()
    {
        double[] m = new double[6];
        new RandomAffine(0).Draw(new NumPyRandom(1), Picture, m);
        Assert.Equal([1, 0, 0, 0, 1, 0], m.Select(v => v + 0.0));
    }

    [Theory]
    [InlineData("Shift", 1000, "out of sight")]
    [InlineData("Shift", double.NaN, "out of sight")]
    [InlineData("Height", 0, "between 1 and 16384")]
    [InlineData("Outside", 256, "between 0 and 255")]
    public void A_view_that_cannot_be_is_refused(string what, double value, string words)
    {
        RandomAffine stage = new(0);
        stage = what switch
        {
            "Shift" => stage with { Shift = value },
            "Height" => stage with { Height = (int)value },
            _ => stage with { Outside = value },
        };
        Assert.Contains(words, Assert.Throws<PlanException>(() => stage.Validate(Picture)).Message, StringComparison.Ordinal);
    }
}
