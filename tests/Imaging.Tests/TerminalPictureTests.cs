using System.Text.RegularExpressions;

namespace VggCuda.Imaging.Tests;

/// <summary>Pictures as terminals draw them.</summary>
public partial class TerminalPictureTests
{
    private static readonly Picture Small = new(2, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 255, 255, 0]);

    [Theory]
    [InlineData("TERM=xterm-256color", TerminalGraphics.HalfBlocks)]
    [InlineData("TERM=xterm-kitty", TerminalGraphics.Kitty)]
    [InlineData("TERM=xterm-256color KITTY_WINDOW_ID=1", TerminalGraphics.Kitty)]
    [InlineData("TERM=tmux-256color KITTY_WINDOW_ID=1 TMUX=/tmp/x", TerminalGraphics.HalfBlocks)]
    [InlineData("TERM=xterm-256color TERM_PROGRAM=iTerm.app", TerminalGraphics.ITerm)]
    [InlineData("TERM=xterm-256color LC_TERMINAL=iTerm2", TerminalGraphics.ITerm)]
    [InlineData("TERM=foot", TerminalGraphics.Sixel)]
    [InlineData("TERM=dumb", TerminalGraphics.None)]
    [InlineData("", TerminalGraphics.None)]
    [InlineData("TERM=xterm-kitty NO_COLOR=1", TerminalGraphics.None)]
    public void A_terminal_is_known_by_its_environment(string variables, TerminalGraphics expected)
    {
        Dictionary<string, string> all = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(v => v.Split('=')[0], v => v.Split('=')[1]);
        Assert.Equal(expected, TerminalPicture.Find(name => all.GetValueOrDefault(name)));
    }

    [Fact]
    public void Half_blocks_show_two_rows_a_line()
    {
        const string e = "\u001b[";
        Assert.Equal(
            $"{e}38;2;255;0;0m{e}48;2;0;0;255m\u2580{e}38;2;0;255;0m{e}48;2;255;255;255m\u2580{e}0m\n{e}38;2;0;0;0m\u2580{e}38;2;255;255;0m\u2580{e}0m\n",
            TerminalPicture.Encode(Small, TerminalGraphics.HalfBlocks, 80));
        string narrow = TerminalPicture.Encode(Picture.Black(100, 60), TerminalGraphics.HalfBlocks, 10);
        Assert.Equal(3, narrow.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(30, narrow.Count(c => c == '\u2580'));
    }

    [Fact]
    public void Kitty_and_iTerm_get_the_PNG_itself()
    {
        byte[] noise = new byte[90 * 90 * 3];
        new Random(1).NextBytes(noise);
        Picture picture = new(90, 90, noise);
        string kitty = TerminalPicture.Encode(picture, TerminalGraphics.Kitty, 80);
        MatchCollection chunks = Chunk().Matches(kitty);
        Assert.True(chunks.Count > 2);
        Assert.All(chunks, c => Assert.InRange(c.Groups[3].Length, 1, 4096));
        Assert.Equal(["a=T,f=100,q=2,", .. Enumerable.Repeat("", chunks.Count - 1)], chunks.Select(c => c.Groups[1].Value));
        Assert.Equal([.. Enumerable.Repeat("1", chunks.Count - 1), "0"], chunks.Select(c => c.Groups[2].Value));
        Assert.Equal(picture.Rgb, PictureFile.Decode(Convert.FromBase64String(string.Concat(chunks.Select(c => c.Groups[3].Value))), "kitty").Rgb);
        string iterm = TerminalPicture.Encode(picture, TerminalGraphics.ITerm, 80);
        Assert.Equal(picture.Rgb, PictureFile.Decode(Convert.FromBase64String(iterm[(iterm.IndexOf(':', StringComparison.Ordinal) + 1)..iterm.IndexOf('\a', StringComparison.Ordinal)]), "iterm").Rgb);
    }

    [Fact]
    public void Sixels_paint_every_pixel_once_in_its_colour()
    {
        byte[] rgb = new byte[7 * 13 * 3];
        for (int i = 0; i < rgb.Length; i++)
        {
            // Levels of the palette, so that nothing is dithered.
            rgb[i] = (byte)(i * 7 % 6 * 51);
        }

        string text = TerminalPicture.Encode(new Picture(7, 13, rgb), TerminalGraphics.Sixel, 80);
        Assert.StartsWith("\u001bP0;1q\"1;1;7;13#0;2;0;0;0", text, StringComparison.Ordinal);
        Assert.EndsWith("-\u001b\\\n", text, StringComparison.Ordinal);
        byte[] painted = new byte[rgb.Length];
        int[] times = new int[7 * 13];
        string body = text[(text.IndexOf("#215;2;100;100;100", StringComparison.Ordinal) + "#215;2;100;100;100".Length)..^3];
        int x = 0, top = 0, colour = 0;
        foreach (Match token in Token().Matches(body))
        {
            switch (token.Value[0])
            {
                case '#':
                    colour = int.Parse(token.Value.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case '$':
                    x = 0;
                    break;
                case '-':
                    (x, top) = (0, top + 6);
                    break;
                default:
                    int run = token.Groups[1].Success ? int.Parse(token.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 1;
                    for (; run > 0; run--, x++)
                    {
                        for (int row = 0; row < 6; row++)
                        {
                            if ((((token.Value[^1] - 63) >> row) & 1) == 1)
                            {
                                int pixel = ((top + row) * 7) + x;
                                times[pixel]++;
                                painted[pixel * 3] = (byte)(colour / 36 * 51);
                                painted[(pixel * 3) + 1] = (byte)(colour / 6 % 6 * 51);
                                painted[(pixel * 3) + 2] = (byte)(colour % 6 * 51);
                            }
                        }
                    }

                    break;
            }
        }

        Assert.All(times, t => Assert.Equal(1, t));
        Assert.Equal(rgb, painted);
    }

    [GeneratedRegex("\u001b_G(a=T,f=100,q=2,)?m=([01]);([A-Za-z0-9+/=]+)\u001b\\\\")]
    private static partial Regex Chunk();

    [GeneratedRegex(@"#\d+|\$|-|(?:!(\d+))?[?-~]")]
    private static partial Regex Token();
}
