using System.Globalization;
using System.Text;

namespace VggCuda.Imaging;

/// <summary>Pictures as what a terminal draws.</summary>
public static class TerminalPicture
{
    private const char Escape = '\x1b';
    private const int KittyChunk = 4096;
    private const int Levels = 6;

    // Bayer's matrix (1973): the order in which the pixels of a 4 x 4 tile go to the next level.
    private static readonly int[] Bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

    /// <summary>What a terminal says of itself by its environment; the strongest that it is known for.</summary>
    /// <param name="variable">Environment variables; null for those not set.</param>
    public static TerminalGraphics Find(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string term = variable("TERM") ?? "";
        string program = variable("TERM_PROGRAM") ?? "";
        bool isMultiplexed = variable("TMUX") is { Length: > 0 } || variable("STY") is { Length: > 0 } || term.StartsWith("screen", StringComparison.Ordinal) || term.StartsWith("tmux", StringComparison.Ordinal);
        if (term is "" or "dumb" || variable("NO_COLOR") is { Length: > 0 })
        {
            return TerminalGraphics.None;
        }

        if (!isMultiplexed)
        {
            if (variable("KITTY_WINDOW_ID") is { Length: > 0 } || term is "xterm-kitty" or "xterm-ghostty" || program == "ghostty")
            {
                return TerminalGraphics.Kitty;
            }

            if (program is "iTerm.app" or "WezTerm" || variable("LC_TERMINAL") == "iTerm2")
            {
                return TerminalGraphics.ITerm;
            }

            if (term.Contains("sixel", StringComparison.Ordinal) || term is "mlterm" or "foot" or "foot-extra" or "yaft-256color")
            {
                return TerminalGraphics.Sixel;
            }
        }

        // Whatever shows text shows these; without 24-bit colours they come out coarser.
        return TerminalGraphics.HalfBlocks;
    }

    /// <summary>The text that makes a terminal draw a picture, ending in a line end.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="graphics">How.</param>
    /// <param name="columns">Width of the terminal in characters, for half blocks; 1 or more.</param>
    public static string Encode(Picture picture, TerminalGraphics graphics, int columns)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return graphics switch
        {
            TerminalGraphics.Kitty => Kitty(picture),
            TerminalGraphics.ITerm => ITerm(picture),
            TerminalGraphics.Sixel => Sixels(picture),
            TerminalGraphics.HalfBlocks => HalfBlocks(picture, columns),
            _ => "",
        };
    }

    private static string Kitty(Picture picture)
    {
        string data = Convert.ToBase64String(PictureFile.EncodePng(picture));
        StringBuilder text = new();
        for (int i = 0; i < data.Length; i += KittyChunk)
        {
            // The first says what it is (a PNG, to be shown, without an answer), each whether there is more.
            text.Append(Escape).Append("_G").Append(i == 0 ? "a=T,f=100,q=2," : "").Append(i + KittyChunk < data.Length ? "m=1;" : "m=0;");
            text.Append(data.AsSpan(i, Math.Min(KittyChunk, data.Length - i))).Append(Escape).Append('\\');
        }

        return text.Append('\n').ToString();
    }

    private static string ITerm(Picture picture)
    {
        byte[] png = PictureFile.EncodePng(picture);
        return string.Create(CultureInfo.InvariantCulture, $"{Escape}]1337;File=inline=1;size={png.Length};preserveAspectRatio=1:{Convert.ToBase64String(png)}\a\n");
    }

    private static string HalfBlocks(Picture picture, int columns)
    {
        if (picture.Width > columns)
        {
            picture = Resizing.Fit(picture, columns, Math.Max(1, (int)Math.Round((double)picture.Height * columns / picture.Width)));
        }

        StringBuilder text = new();
        for (int y = 0; y < picture.Height; y += 2)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                Colour(text, "38", picture, x, y);
                if (y + 1 < picture.Height)
                {
                    Colour(text, "48", picture, x, y + 1);
                }

                text.Append('\u2580');
            }

            text.Append(Escape).Append("[0m\n");
        }

        return text.ToString();
    }

    private static void Colour(StringBuilder text, string kind, Picture picture, int x, int y)
    {
        ReadOnlySpan<byte> rgb = picture.Rgb.AsSpan(((y * picture.Width) + x) * 3, 3);
        text.Append(CultureInfo.InvariantCulture, $"{Escape}[{kind};2;{rgb[0]};{rgb[1]};{rgb[2]}m");
    }

    // Six rows at a time, colour by colour, in six levels of red, green and blue.
    private static string Sixels(Picture picture)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Escape}P0;1q\"1;1;{picture.Width};{picture.Height}");
        for (int colour = 0; colour < Levels * Levels * Levels; colour++)
        {
            text.Append(CultureInfo.InvariantCulture, $"#{colour};2;{Percent(colour / (Levels * Levels))};{Percent(colour / Levels % Levels)};{Percent(colour % Levels)}");
        }

        byte[] band = new byte[picture.Width * Levels * Levels * Levels];
        bool[] used = new bool[Levels * Levels * Levels];
        for (int top = 0; top < picture.Height; top += 6)
        {
            Array.Clear(band);
            Array.Clear(used);
            for (int y = top; y < Math.Min(top + 6, picture.Height); y++)
            {
                for (int x = 0; x < picture.Width; x++)
                {
                    ReadOnlySpan<byte> rgb = picture.Rgb.AsSpan(((y * picture.Width) + x) * 3, 3);
                    double threshold = (Bayer[(y % 4 * 4) + (x % 4)] + 0.5) / 16;
                    int colour = (((Level(rgb[0], threshold) * Levels) + Level(rgb[1], threshold)) * Levels) + Level(rgb[2], threshold);
                    band[(colour * picture.Width) + x] |= (byte)(1 << (y - top));
                    used[colour] = true;
                }
            }

            for (int colour = 0; colour < used.Length; colour++)
            {
                if (used[colour])
                {
                    text.Append(CultureInfo.InvariantCulture, $"#{colour}");
                    Runs(text, band.AsSpan(colour * picture.Width, picture.Width));
                    text.Append('$');
                }
            }

            text.Append('-');
        }

        return text.Append(Escape).Append("\\\n").ToString();

        static int Percent(int level) => level * 100 / (Levels - 1);

        static int Level(byte value, double threshold) => (int)((value / 255.0 * (Levels - 1)) + threshold);
    }

    private static void Runs(StringBuilder text, ReadOnlySpan<byte> sixels)
    {
        for (int i = 0; i < sixels.Length;)
        {
            int end = i + 1;
            while (end < sixels.Length && sixels[end] == sixels[i])
            {
                end++;
            }

            char sign = (char)(sixels[i] + 63);
            if (end - i > 3)
            {
                text.Append(CultureInfo.InvariantCulture, $"!{end - i}{sign}");
            }
            else
            {
                text.Append(sign, end - i);
            }

            i = end;
        }
    }
}
