using VggCuda.Engine.Display;

namespace VggCuda.Engine.Tests.Display;

public class ColourMapTests
{
    public static TheoryData<string> Names => [.. ColourMap.All.Select(m => m.Name)];

    [Fact]
    public void Viridis_grows_lighter_evenly()
    {
        double[] lightness = [.. Enumerable.Range(0, 101).Select(i => LightnessOf(ColourMap.Viridis, i / 100.0))];
        double[] steps = [.. lightness.Skip(1).Zip(lightness, (b, a) => b - a)];
        Assert.All(steps, step => Assert.InRange(step, 0.2 * steps.Average(), 2 * steps.Average()));
    }

    [Fact]
    public void The_diverging_map_is_as_light_on_both_sides_and_lightest_in_the_middle()
    {
        for (int i = 0; i <= 50; i++)
        {
            double below = LightnessOf(ColourMap.Diverging, i / 100.0);
            Assert.Equal(below, LightnessOf(ColourMap.Diverging, 1 - (i / 100.0)), 0.02);
            Assert.True(i == 0 || below > LightnessOf(ColourMap.Diverging, (i - 1) / 100.0));
        }

        byte[] middle = new byte[3];
        ColourMap.Diverging.Write(0.5, middle);
        Assert.All(middle, v => Assert.InRange(v, 244, 250));
    }

    [Fact]
    public void Ends_and_middles_are_the_known_colours()
    {
        Assert.Equal((0x44, 0x01, 0x54), At(ColourMap.Viridis, 0));
        Assert.Equal((0x21, 0x91, 0x8c), At(ColourMap.Viridis, 0.5));
        Assert.Equal((0x7a, 0x04, 0x02), At(ColourMap.Turbo, 1));
        Assert.Equal((0x30, 0x12, 0x3b), At(ColourMap.Turbo, double.NegativeInfinity));
        Assert.Equal(At(ColourMap.Viridis, 0), At(ColourMap.Viridis, double.NaN));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Neighbours_are_alike(string name)
    {
        ColourMap map = ColourMap.All.Single(m => m.Name == name);
        for (int i = 1; i <= 256; i++)
        {
            (int r, int g, int b) = At(map, i / 256.0);
            (int r2, int g2, int b2) = At(map, (i - 1) / 256.0);
            Assert.True(Math.Abs(r - r2) + Math.Abs(g - g2) + Math.Abs(b - b2) <= 16, $"{name} jumps at {i}.");
        }
    }

    [Fact]
    public void A_scale_leaves_out_what_is_clipped_and_a_flat_map_is_no_trouble()
    {
        float[] map = [.. Enumerable.Range(0, 101).Select(i => (float)i)];
        Assert.Equal(new MapScale(0, 100, false), MapScale.Of(map, symmetric: false, clip: 0));
        Assert.Equal(new MapScale(0, 90, false), MapScale.Of(map, symmetric: false, clip: 10));
        map[0] = -200;
        Assert.Equal(new MapScale(-200, 200, true), MapScale.Of(map, symmetric: true, clip: 0));
        Assert.Equal(0.5, MapScale.Of(map, symmetric: true, clip: 0).ShareOf(0));
        Assert.Equal(0.5, MapScale.Of(new float[9], symmetric: true, clip: 1).ShareOf(0));
        Assert.Equal(0, MapScale.Of(new float[9], symmetric: false, clip: 1).ShareOf(0));
    }

    [Fact]
    public void An_overlay_puts_each_value_over_its_own_pixels()
    {
        HeatOverlay overlay = new() { Colours = ColourMap.Viridis, Scale = new MapScale(0, 1, false), Alpha = 1 };
        byte[] picture = new byte[8 * 4 * 3];
        picture.AsSpan().Fill(100);

        // A map of 2 x 2 over the right half; the left is not seen.
        byte[] drawn = overlay.Draw(picture, 8, 4, new Box(4, 0, 4, 4), [0, 9, 9, 9, 9, 9, 0, 1, 9, 9, 1, 0], 4, new Box(2, 1, 2, 2));
        Assert.Equal([50, 50, 50], drawn[..3]);
        (int R, int G, int B) PixelAt(int x, int y) => (drawn[((y * 8) + x) * 3], drawn[(((y * 8) + x) * 3) + 1], drawn[(((y * 8) + x) * 3) + 2]);
        Assert.Equal(At(ColourMap.Viridis, 0), PixelAt(4, 0));
        Assert.Equal(At(ColourMap.Viridis, 1), PixelAt(7, 0));
        Assert.Equal(At(ColourMap.Viridis, 1), PixelAt(4, 3));
        Assert.Equal(At(ColourMap.Viridis, 0), PixelAt(7, 3));
        byte[] faint = (overlay with { Alpha = 0 }).Draw(picture, 8, 4, new Box(0, 0, 8, 4), new float[4], 2, new Box(0, 0, 2, 2));
        Assert.Equal(picture, faint);
    }

    private static (int R, int G, int B) At(ColourMap map, double share)
    {
        byte[] rgb = new byte[3];
        map.Write(share, rgb);
        return (rgb[0], rgb[1], rgb[2]);
    }

    private static double LightnessOf(ColourMap map, double share)
    {
        (int r, int g, int b) = At(map, share);
        return Oklab.Of(((uint)r << 16) | ((uint)g << 8) | (uint)b).L;
    }
}
