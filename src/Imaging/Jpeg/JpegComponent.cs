namespace VggCuda.Imaging.Jpeg;

/// <summary>A colour of a JPEG: its blocks of 8 x 8, and how much of them has come.</summary>
internal sealed class JpegComponent
{
    private const sbyte Missing = -1;

    // By coefficient in zigzag order: the lowest bit that has come, 0 once all have.
    private readonly sbyte[] _lowestBit = new sbyte[64];

    public JpegComponent(byte id, int across, int down, int quantisation)
    {
        (Id, Across, Down, Quantisation) = (id, across, down, quantisation);
        Array.Fill(_lowestBit, Missing);
    }

    public byte Id { get; }

    /// <summary>Blocks of a unit across.</summary>
    public int Across { get; }

    /// <summary>Blocks of a unit down.</summary>
    public int Down { get; }

    /// <summary>Its table of quantisation.</summary>
    public int Quantisation { get; }

    /// <summary>The steps of its coefficients, row by row, as they stood at its first scan.</summary>
    public ushort[]? Steps { get; set; }

    /// <summary>Pixels across, without those that fill up blocks.</summary>
    public int Width { get; private set; }

    /// <summary>Pixels down likewise.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks across that hold pixels.</summary>
    public int Columns => (Width + 7) / 8;

    /// <summary>Blocks down likewise.</summary>
    public int Rows => (Height + 7) / 8;

    /// <summary>Blocks across with those that only fill up units.</summary>
    public int PaddedColumns { get; private set; }

    /// <summary>The pixels, with those that fill up units.</summary>
    public byte[] Plane { get; private set; } = [];

    /// <summary>The length of a row of <see cref="Plane"/>.</summary>
    public int Stride => PaddedColumns * 8;

    /// <summary>Where coding is progressive, the coefficients so far, block by block, each row by row.</summary>
    public short[] Coefficients { get; private set; } = [];

    public bool IsComplete => !_lowestBit.AsSpan().ContainsAnyExcept((sbyte)0);

    /// <summary>Makes room.</summary>
    public void Allocate(int width, int height, int unitColumns, int unitRows, bool isProgressive)
    {
        (Width, Height, PaddedColumns) = (width, height, unitColumns * Across);
        int blocks = PaddedColumns * unitRows * Down;
        Plane = new byte[blocks * 64];
        Coefficients = isProgressive ? new short[blocks * 64] : [];
    }

    /// <summary>The place of a block's first pixel in <see cref="Plane"/>.</summary>
    public Span<byte> PixelsOf(int block) => Plane.AsSpan((block / PaddedColumns * 8 * Stride) + (block % PaddedColumns * 8));

    /// <summary>Notes that a scan brings bits of coefficients; each must come once, the upper ones first.</summary>
    /// <param name="first">First coefficient in zigzag order.</param>
    /// <param name="last">Last one.</param>
    /// <param name="before">The lowest bit that came before, plus one; 0 for none.</param>
    /// <param name="lowest">The lowest bit of the scan.</param>
    public void Note(int first, int last, int before, int lowest)
    {
        for (int k = first; k <= last; k++)
        {
            JpegTables.Require(before == 0 ? _lowestBit[k] == Missing : _lowestBit[k] == before && lowest == before - 1);
            _lowestBit[k] = (sbyte)lowest;
        }
    }
}
