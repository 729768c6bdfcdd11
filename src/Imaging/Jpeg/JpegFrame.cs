using System.Buffers.Binary;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging.Jpeg;

/// <summary>A JPEG's frame header, and what has come of its components.</summary>
/// <remarks>ITU-T T.81, sections B.2.2 (header) and A.1, A.2 (components and units).</remarks>
internal sealed class JpegFrame
{
    // The standard's own bound on the blocks of an interleaved unit.
    private const int MaxUnitBlocks = 10;

    private JpegFrame(bool isProgressive, int width, int height, JpegComponent[] components)
    {
        (IsProgressive, Width, Height, Components) = (isProgressive, width, height, components);
        int across = components.Max(c => c.Across), down = components.Max(c => c.Down);
        (UnitColumns, UnitRows) = (CeilingDivide(width, 8 * across), CeilingDivide(height, 8 * down));
        foreach (JpegComponent component in components)
        {
            component.Allocate(CeilingDivide(width * component.Across, across), CeilingDivide(height * component.Down, down), UnitColumns, UnitRows, isProgressive);
        }
    }

    public bool IsProgressive { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Interleaved units across.</summary>
    public int UnitColumns { get; }

    /// <summary>Interleaved units down.</summary>
    public int UnitRows { get; }

    public JpegComponent[] Components { get; }

    public bool HasScan { get; set; }

    /// <summary>Blocks gone through so far, in all scans.</summary>
    public long Work { get; set; }

    public bool IsComplete => Components.All(c => c.IsComplete);

    public static JpegFrame Parse(byte marker, ReadOnlySpan<byte> data)
    {
        string? foreign = marker switch
        {
            0xC0 or 0xC1 or 0xC2 => null,
            0xC3 => "a lossless one",
            0xC9 or 0xCA or 0xCB or 0xCC or 0xCD or 0xCE or 0xCF => "one with arithmetic coding",
            _ => "a hierarchical one",
        };
        if (foreign is not null)
        {
            throw new BrokenPictureException($"but {foreign}, which is not read; save it as a common JPEG or as PNG.");
        }

        JpegTables.Require(data.Length >= 6 && data.Length == 6 + (3 * data[5]));
        if (data[0] != 8)
        {
            throw new BrokenPictureException($"but one of {data[0]} bits, which is not read; save it with 8 bits or as PNG.");
        }

        int height = BinaryPrimitives.ReadUInt16BigEndian(data[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(data[3..]);
        SizeCheck.Require(width, height);
        JpegTables.Require(data[5] is 1 or 3 or 4);
        JpegComponent[] components = new JpegComponent[data[5]];
        for (int i = 0; i < components.Length; i++)
        {
            ReadOnlySpan<byte> entry = data.Slice(6 + (3 * i), 3);
            JpegTables.Require(entry[1] >> 4 is >= 1 and <= 4 && (entry[1] & 15) is >= 1 and <= 4 && entry[2] <= 3);
            components[i] = new JpegComponent(entry[0], entry[1] >> 4, entry[1] & 15, entry[2]);
        }

        if (components.Any(c => components.Max(o => o.Across) % c.Across != 0 || components.Max(o => o.Down) % c.Down != 0))
        {
            throw new BrokenPictureException("but one whose colours differ in resolution by a broken factor, which is not read; save it as a common JPEG or as PNG.");
        }

        return new JpegFrame(marker == 0xC2, width, height, components);
    }

    /// <summary>The components of a scan must make units that the standard allows.</summary>
    public static void RequireUnit(IReadOnlyList<JpegComponent> scan) =>
        JpegTables.Require(scan.Count == 1 || scan.Sum(c => c.Across * c.Down) <= MaxUnitBlocks);

    private static int CeilingDivide(int value, int by) => (value + by - 1) / by;
}
