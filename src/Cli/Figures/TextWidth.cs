namespace VggCuda.Cli.Figures;

/// <summary>How wide a line of text is in Helvetica, and in the faces with its widths (Arial, Liberation Sans), to a few per cent.</summary>
internal static class TextWidth
{
    // From Adobe's metrics of Helvetica, thousandths of the size; what is in no group counts as 556, as the digits do.
    private static readonly (int Width, string Characters)[] Groups =
    [
        (222, "ijl"), (278, " !,./:;I[]ft·"), (333, "()-r"), (500, "Jcksvxyz"), (584, "+=×"), (611, "FTZ"), (667, "ABEKPSVXY&"),
        (722, "CDHNRUw"), (778, "GOQ"), (833, "Mm"), (944, "W"),
    ];

    /// <summary>The width, in the unit of the size.</summary>
    public static double Of(string text, double size, bool bold = false) => text.Sum(WidthOf) * size / 1000 * (bold ? 1.07 : 1);

    private static int WidthOf(char character)
    {
        foreach ((int width, string characters) in Groups)
        {
            if (characters.Contains(character, StringComparison.Ordinal))
            {
                return width;
            }
        }

        return 556;
    }
}
