namespace VggCuda.Imaging.Tests;

public class ResizingTests
{
    // The same rule in another program, which rounds in between, hence one level of difference.
    [Theory]
    [InlineData(80, 61)]
    [InlineData(11, 7)]
    [InlineData(50, 9)]
    public void It_agrees_with_pillow(int width, int height)
    {
        Picture source = PictureFile.Decode(Fixtures.Bytes("noise.png"), "noise");
        Picture expected = PictureFile.Decode(Fixtures.Bytes($"noise-{width}x{height}.png"), "expected");
        Picture actual = Resizing.Fit(source, width, height);
        Assert.Equal((width, height), (actual.Width, actual.Height));
        for (int i = 0; i < expected.Rgb.Length; i++)
        {
            Assert.InRange(actual.Rgb[i] - expected.Rgb[i], -1, 1);
        }
    }

    // The rule in double precision, by numpy; single precision may round a tie the other way.
    [Theory]
    [InlineData(64, 64)]
    [InlineData(21, 50)]
    [InlineData(5, 3)]
    public void Hard_edges_are_the_rule_rounded_once(int width, int height)
    {
        Picture expected = PictureFile.Decode(Fixtures.Bytes($"hard-{width}x{height}-exact.png"), "exact");
        Picture actual = Resizing.Fit(PictureFile.Decode(Fixtures.Bytes("hard.png"), "hard"), width, height);
        for (int i = 0; i < expected.Rgb.Length; i++)
        {
            Assert.InRange(actual.Rgb[i] - expected.Rgb[i], -1, 1);
        }
    }

    // Pillow rounds and clips between its passes: where the first one overshoots, ours keeps what goes beyond.
    [Fact]
    public void On_hard_edges_pillow_differs_by_up_to_thirty_levels_and_little_on_average()
    {
        Picture pillow = PictureFile.Decode(Fixtures.Bytes("hard-64x64.png"), "pillow");
        Picture ours = Resizing.Fit(PictureFile.Decode(Fixtures.Bytes("hard.png"), "hard"), 64, 64);
        int[] differences = [.. ours.Rgb.Zip(pillow.Rgb, (a, b) => Math.Abs(a - b))];
        Assert.InRange(differences.Max(), 2, 30);
        Assert.InRange(differences.Average(), 0, 1);
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(1, 1)]
    [InlineData(3, 500)]
    public void A_plain_picture_stays_plain(int width, int height) =>
        Assert.Equal(Sample.Plain(width, height, 9, 128, 250).Rgb, Resizing.Fit(Sample.Plain(37, 23, 9, 128, 250), width, height).Rgb);

    [Fact]
    public void The_same_size_is_the_same_picture()
    {
        Picture picture = Sample.Noise(8, 8, 1);
        Assert.Same(picture, Resizing.Fit(picture, 8, 8));
        Assert.Same(picture, Resizing.Square(picture, 8));
    }

    [Theory]
    [InlineData(90, 30)]
    [InlineData(30, 90)]
    public void A_square_is_the_middle(int width, int height)
    {
        // Three squares side by side, the middle one plain; in its own middle nothing of the others is in reach.
        Picture picture = Sample.Plain(width, height, 255, 0, 0);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int along = width > height ? x : y;
                if (along is >= 30 and < 60)
                {
                    new byte[] { 0, 77, 200 }.CopyTo(picture.Rgb, ((y * width) + x) * 3);
                }
            }
        }

        Picture square = Resizing.Square(picture, 15);
        Assert.Equal((15, 15), (square.Width, square.Height));
        for (int i = 3; i < 12; i++)
        {
            Assert.Equal((0, 77, 200), square.At(i, i));
        }

        Assert.Equal(Resizing.Square(picture, 30).At(15, 15), (0, 77, 200));
    }

    [Fact]
    public void A_square_picture_is_only_resized() =>
        Assert.Equal(Resizing.Fit(Sample.Noise(50, 50, 3), 20, 20).Rgb, Resizing.Square(Sample.Noise(50, 50, 3), 20).Rgb);

    [Fact]
    public void Shrinking_does_not_alias()
    {
        // Stripes of one pixel; picking pixels would give black or white.
        Picture stripes = Picture.Black(200, 200);
        for (int i = 0; i < stripes.Rgb.Length; i++)
        {
            stripes.Rgb[i] = (byte)(i / 3 % 2 * 255);
        }

        Assert.All(Resizing.Fit(stripes, 20, 20).Rgb, v => Assert.InRange(v, 124, 131));
    }

    [Fact]
    public void Impossible_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Resizing.Fit(Picture.Black(2, 2), 0, 5));
        Assert.Throws<ArgumentException>(() => Resizing.Square(Picture.Black(2, 2), 20_000));
        Assert.Throws<ArgumentException>(() => Enlarge.Nearest(Picture.Black(2, 2), 0));
        Assert.Throws<ArgumentException>(() => Enlarge.Smooth(Picture.Black(2, 2), int.MaxValue));
    }

    [Fact]
    public void Nearest_makes_blocks()
    {
        Picture picture = Sample.Noise(5, 3, 1);
        Picture large = Enlarge.Nearest(picture, 4);
        Assert.Equal((20, 12), (large.Width, large.Height));
        for (int y = 0; y < 12; y++)
        {
            for (int x = 0; x < 20; x++)
            {
                Assert.Equal(picture.At(x / 4, y / 4), large.At(x, y));
            }
        }
    }

    [Fact]
    public void Smooth_keeps_a_ramp_a_ramp()
    {
        Picture ramp = Picture.Black(20, 1);
        for (int i = 0; i < 60; i++)
        {
            ramp.Rgb[i] = (byte)(i / 3 * 12);
        }

        Picture large = Enlarge.Smooth(ramp, 4);
        for (int x = 8; x < 72; x++)
        {
            Assert.Equal((((x + 0.5) / 4) - 0.5) * 12, large.At(x, 2).R, 0.51);
        }
    }

    [Theory]
    [InlineData(64, 64, 224, 4)]
    [InlineData(224, 224, 224, 1)]
    [InlineData(10, 100, 101, 2)]
    [InlineData(500, 2, 224, 1)]
    public void The_factor_reaches_the_size(int width, int height, int size, int expected) =>
        Assert.Equal(expected, Enlarge.FactorFor(Picture.Black(width, height), size));
}
