using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VggCuda.Imaging;

/// <summary>The letters of the bundled font, as <c>tools/label-font/make_atlas.py</c> makes them; the file's form is written there.</summary>
/// <remarks>Signed distances: Green, "Improved Alpha-Tested Magnification for Vector Textures and Special Effects", 2007.</remarks>
internal sealed class GlyphAtlas
{
    private static readonly Lazy<GlyphAtlas> Bundled = new(Load);

    private readonly Dictionary<Rune, Glyph> _glyphs = [];
    private readonly float _level;

    private GlyphAtlas(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> bytes = file.Span;
        FontDigest = bytes[..32].ToArray();
        TexelsPerEm = BinaryPrimitives.ReadUInt16LittleEndian(bytes[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[34..]);
        _level = BinaryPrimitives.ReadSingleLittleEndian(bytes[36..]);
        CapHeight = BinaryPrimitives.ReadSingleLittleEndian(bytes[40..]);
        int at = 44;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(at, 16);
            int columns = BinaryPrimitives.ReadUInt16LittleEndian(entry[12..]), rows = BinaryPrimitives.ReadUInt16LittleEndian(entry[14..]);
            _glyphs[new Rune(BinaryPrimitives.ReadUInt32LittleEndian(entry))] = new Glyph(
                BinaryPrimitives.ReadSingleLittleEndian(entry[4..]),
                BinaryPrimitives.ReadInt16LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt16LittleEndian(entry[10..]),
                columns,
                rows,
                file.Slice(at + 16, columns * rows));
            at += 16 + (columns * rows);
        }
    }

    /// <summary>Inter Regular, Latin.</summary>
    public static GlyphAtlas Inter => Bundled.Value;

    /// <summary>The SHA-256 of the font file that it was made of.</summary>
    public byte[] FontDigest { get; }

    /// <summary>Texels to the em, the text's size.</summary>
    public int TexelsPerEm { get; }

    /// <summary>The height of a capital letter, in ems.</summary>
    public float CapHeight { get; }

    /// <summary>The letter, or null where the font has none.</summary>
    public Glyph? this[Rune rune] => _glyphs.GetValueOrDefault(rune);

    /// <summary>How wide a line is, in ems; all its characters are in the font.</summary>
    public float Measure(string line)
    {
        float width = 0;
        foreach (Rune rune in line.EnumerateRunes())
        {
            width += _glyphs[rune].Advance;
        }

        return width;
    }

    /// <summary>The distance of a place to the outline in ems, negative inside; far outside where the field does not reach.</summary>
    /// <param name="glyph">The letter.</param>
    /// <param name="x">Texels to the right of the pen.</param>
    /// <param name="y">Texels below the baseline.</param>
    public float Distance(Glyph glyph, float x, float y)
    {
        const float far = 1;
        x -= glyph.Left + 0.5f;
        y -= glyph.Top + 0.5f;
        int left = (int)MathF.Floor(x), top = (int)MathF.Floor(y);
        if (left < 0 || top < 0 || left + 1 >= glyph.Columns || top + 1 >= glyph.Rows)
        {
            return far;
        }

        ReadOnlySpan<byte> field = glyph.Field.Span[((top * glyph.Columns) + left)..];
        x -= left;
        y -= top;
        float upper = (sbyte)field[0] + (x * ((sbyte)field[1] - (sbyte)field[0]));
        float lower = (sbyte)field[glyph.Columns] + (x * ((sbyte)field[glyph.Columns + 1] - (sbyte)field[glyph.Columns]));
        return (upper + (y * (lower - upper))) * _level;
    }

    private static GlyphAtlas Load()
    {
        using Stream resource = typeof(GlyphAtlas).Assembly.GetManifestResourceStream("label-atlas.bin")
            ?? throw new InvalidOperationException("The bundled letters, label-atlas.bin, are missing from the assembly.");
        using ZLibStream unpacked = new(resource, CompressionMode.Decompress);
        using MemoryStream content = new();
        unpacked.CopyTo(content);
        return new GlyphAtlas(content.ToArray());
    }
}
