using System.Security.Cryptography;
using System.Text;

namespace VggCuda.Imaging.Tests;

public class LabelTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(255, 255, 255)]
    [InlineData(127, 127, 127)]
    [InlineData(200, 20, 20)]
    public void Dark_ink_and_a_light_halo_stand_on_any_ground(byte r, byte g, byte b)
    {
        Picture labelled = Label.Draw(Sample.Plain(224, 224, r, g, b), "20");
        int[] sums = [.. Inside(labelled, 8, 8, 34, 26).Select(c => c.R + c.G + c.B)];
        Assert.True(sums.Min() < 100, $"darkest {sums.Min()}");
        Assert.True(sums.Max() > 640, $"lightest {sums.Max()}");
    }

    [Fact]
    public void It_stands_at_ten_ten_and_leaves_the_rest_alone()
    {
        Picture ground = Sample.Gradient(224, 224);
        Picture labelled = Label.Draw(ground, "bird");
        (int left, int top, int right, int bottom) = Changed(ground, labelled);
        Assert.InRange(left, 7, 11);
        Assert.InRange(top, 7, 11);
        Assert.InRange(right, 30, 50);
        Assert.InRange(bottom, 18, 26);
        Assert.NotSame(ground, labelled);
        Assert.Equal(Sample.Gradient(224, 224).Rgb, ground.Rgb);
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(96, 96)]
    [InlineData(64, 200)]
    [InlineData(32, 32)]
    public void On_a_small_picture_it_takes_a_small_part(int width, int height)
    {
        Picture ground = Sample.Gradient(width, height);
        (int left, int top, int right, int bottom) = Changed(ground, Label.Draw(ground, "20"));
        Assert.InRange(left, 0, 5);
        Assert.InRange(top, 0, 5);
        Assert.True((right - left + 1) * (bottom - top + 1) <= width * height / 5, $"{left},{top} to {right},{bottom}");
    }

    [Theory]
    [InlineData("a label that is much too long for any picture of this size, and goes on and on and on")]
    [InlineData("WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW")]
    public void A_long_text_ends_inside_the_picture(string text)
    {
        foreach (int size in new[] { 64, 224 })
        {
            Picture ground = Sample.Plain(size, size, 90, 90, 90);
            (_, _, int right, _) = Changed(ground, Label.Draw(ground, text));
            Assert.InRange(right, size / 2, size - 2);
        }
    }

    [Fact]
    public void A_text_a_little_too_long_shrinks_instead_of_being_cut()
    {
        Picture ground = Sample.Plain(224, 224, 90, 90, 90);
        string text = new('n', 28);
        Picture labelled = Label.Draw(ground, text);
        Assert.NotEqual(labelled.Rgb, Label.Draw(ground, text[..^1]).Rgb);
        (_, _, int right, int bottom) = Changed(ground, labelled);
        Assert.InRange(right, 195, 218);
        Assert.True(bottom < Bottom(ground, "n"));
        static int Bottom(Picture ground, string text) => Changed(ground, Label.Draw(ground, text)).Bottom;
    }

    // Compared with what they become: another letter would not be the same picture.
    [Theory]
    [InlineData("河烏", "??")]
    [InlineData("bird \U0001F426", "bird ?")]
    [InlineData("e\u0591a", "ea")]
    [InlineData("two\nlines\tand tab", "two lines and tab")]
    [InlineData("  padded  ", "padded")]
    public void What_the_font_lacks_becomes_a_question_mark(string text, string shown)
    {
        Picture ground = Sample.Plain(224, 224, 90, 90, 90);
        Assert.Equal(Label.Draw(ground, shown).Rgb, Label.Draw(ground, text).Rgb);
        Assert.NotEqual(ground.Rgb, Label.Draw(ground, shown).Rgb);
    }

    [Fact]
    public void Half_a_character_becomes_one_question_mark()
    {
        Picture ground = Sample.Plain(224, 224, 90, 90, 90);
        string replaced = Label.Draw(ground, "\uFFFD").Rgb.AsSpan().SequenceEqual(ground.Rgb) ? "" : "\uFFFD";
        Assert.Equal(Label.Draw(ground, replaced + "a").Rgb, Label.Draw(ground, "\uD83Da").Rgb);
    }

    [Fact]
    public void Latin_letters_with_accents_are_drawn()
    {
        Picture ground = Sample.Plain(224, 224, 90, 90, 90);
        Assert.NotEqual(Label.Draw(ground, "M?we").Rgb, Label.Draw(ground, "Möwe").Rgb);
        Assert.NotEqual(Label.Draw(ground, "Mowe").Rgb, Label.Draw(ground, "Möwe").Rgb);
    }

    [Theory]
    [InlineData(1, 1, "bird")]
    [InlineData(8, 8, "bird")]
    [InlineData(16384, 1, "bird")]
    [InlineData(224, 224, "")]
    [InlineData(224, 224, " \n ")]
    [InlineData(224, 224, "\0\u0007")]
    public void Where_nothing_can_be_drawn_nothing_breaks(int width, int height, string text)
    {
        Picture labelled = Label.Draw(Sample.Plain(width, height, 3, 4, 5), text);
        Assert.Equal((width, height), (labelled.Width, labelled.Height));
    }

    [Fact]
    public void The_font_is_bundled()
    {
        using Stream font = typeof(Label).Assembly.GetManifestResourceStream("Inter-Regular.woff")!;
        byte[] start = new byte[4];
        font.ReadExactly(start);
        Assert.Equal("wOFF"u8.ToArray(), start);
    }

    [Fact]
    public void The_letters_are_those_of_the_bundled_font()
    {
        using Stream font = typeof(Label).Assembly.GetManifestResourceStream("Inter-Regular.woff")!;
        Assert.Equal(SHA256.HashData(font), GlyphAtlas.Inter.FontDigest);
    }

    [Fact]
    public void Every_letter_has_ink_within_its_field()
    {
        foreach (int code in Enumerable.Range(0x21, 0x5E).Concat(Enumerable.Range(0xA1, 0x5F).Where(c => c != 0xAD)))
        {
            Glyph glyph = GlyphAtlas.Inter[new Rune(code)]!;
            Assert.True(glyph.Field.Span.ContainsAnyInRange((byte)128, (byte)255), $"U+{code:X4} has nothing inside its outline");
            Assert.InRange(glyph.Advance, 0.1f, 1.5f);

            // Halos end before the field does.
            for (int column = 0; column < glyph.Columns; column++)
            {
                Assert.InRange((sbyte)glyph.Field.Span[column], 115, 127);
            }
        }
    }

    private static IEnumerable<(byte R, byte G, byte B)> Inside(Picture picture, int left, int top, int right, int bottom) =>
        from y in Enumerable.Range(top, bottom - top) from x in Enumerable.Range(left, right - left) select picture.At(x, y);

    private static (int Left, int Top, int Right, int Bottom) Changed(Picture before, Picture after)
    {
        int left = int.MaxValue, top = int.MaxValue, right = -1, bottom = -1;
        for (int y = 0; y < before.Height; y++)
        {
            for (int x = 0; x < before.Width; x++)
            {
                if (before.At(x, y) != after.At(x, y))
                {
                    (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
                }
            }
        }

        Assert.True(right >= 0, "nothing was drawn");
        return (left, top, right, bottom);
    }
}
