namespace VggCuda.Imaging;

/// <summary>At most 256 colours, and the way from a picture to their indices.</summary>
internal sealed class Palette
{
    private const int MaxColours = 256;

    private readonly int[] _colours;
    private readonly Dictionary<int, byte>? _exact;
    private readonly PatternDither? _dither;

    private Palette(int[] colours, bool exact)
    {
        _colours = colours;
        Bits = 1;
        while (1 << Bits < colours.Length)
        {
            Bits++;
        }

        if (exact)
        {
            _exact = new Dictionary<int, byte>(colours.Length);
            for (int i = 0; i < colours.Length; i++)
            {
                _exact[colours[i]] = (byte)i;
            }
        }
        else
        {
            _dither = new PatternDither(colours);
        }
    }

    /// <summary>Bits that an index needs, 1..8.</summary>
    public int Bits { get; }

    /// <summary>Colours as 0xRRGGBB.</summary>
    public ReadOnlySpan<int> Colours => _colours;

    /// <summary>Whether every colour of the frames is in the palette.</summary>
    public bool IsExact => _exact is not null;

    /// <summary>The frames' own colours where they are at most 256, else 256 that stand for them.</summary>
    public static Palette Of(IReadOnlyList<Picture> frames) =>
        DistinctColours(frames) is { } all ? new Palette(all, exact: true) : new Palette(MedianCut.Choose(frames, MaxColours), exact: false);

    /// <summary>The colour table as GIF stores it: 2^Bits times red, green, blue; unused ones black.</summary>
    public byte[] Table()
    {
        byte[] table = new byte[3 << Bits];
        for (int i = 0; i < _colours.Length; i++)
        {
            table[i * 3] = (byte)(_colours[i] >> 16);
            table[(i * 3) + 1] = (byte)(_colours[i] >> 8);
            table[(i * 3) + 2] = (byte)_colours[i];
        }

        return table;
    }

    /// <summary>An index for every pixel, row by row.</summary>
    public byte[] Quantise(Picture picture)
    {
        if (_dither is not null)
        {
            return _dither.Quantise(picture);
        }

        byte[] indices = new byte[picture.Width * picture.Height];
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = _exact![ColourAt(picture.Rgb, i)];
        }

        return indices;
    }

    public static int ColourAt(byte[] rgb, int pixel) => (rgb[pixel * 3] << 16) | (rgb[(pixel * 3) + 1] << 8) | rgb[(pixel * 3) + 2];

    private static int[]? DistinctColours(IReadOnlyList<Picture> frames)
    {
        HashSet<int> seen = [];
        foreach (Picture frame in frames)
        {
            int pixels = frame.Width * frame.Height;
            int last = -1;
            for (int i = 0; i < pixels; i++)
            {
                int colour = ColourAt(frame.Rgb, i);
                if (colour != last && seen.Add(colour) && seen.Count > MaxColours)
                {
                    return null;
                }

                last = colour;
            }
        }

        return [.. seen.Order()];
    }
}
