using System.IO.Compression;

namespace VggCuda.Imaging.Containers;

/// <summary>Brings interlaced rows of a PNG into their plain order: the decoder never ends where a pass has no pixels (a picture one pixel wide).</summary>
/// <remarks>PNG specification (W3C, third edition), sections 8 (Adam7) and 9 (filters).</remarks>
internal static class PngInterlace
{
    // Column and row of the first pixel, and the step to the next, of Adam7's passes.
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The bytes of all passes with their filter bytes.</summary>
    public static long Bytes(int width, int height, int pixelBits) =>
        Passes.Sum(p => RowBytes(Count(width, p.X, p.StepX), Count(height, p.Y, p.StepY), pixelBits));

    /// <summary>The bytes of so many rows with their filter bytes; none where a row has no pixels.</summary>
    public static long RowBytes(int columns, int rows, int pixelBits) => columns == 0 ? 0 : rows * (1 + ((((long)columns * pixelBits) + 7) / 8));

    /// <summary>Packed data of the same picture without interlacing.</summary>
    /// <param name="packed">Packed data of the passes, known to be whole.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixelBits">1 to 64.</param>
    /// <exception cref="BrokenPictureException">A row has a filter that does not exist.</exception>
    public static MemoryStream Straighten(Stream packed, int width, int height, int pixelBits)
    {
        int rowBytes = (int)RowBytes(width, 1, pixelBits);
        byte[] plain = new byte[(long)rowBytes * height];
        using ZLibStream passes = new(packed, CompressionMode.Decompress, leaveOpen: true);
        foreach ((int left, int top, int stepX, int stepY) in Passes)
        {
            int columns = Count(width, left, stepX), rows = Count(height, top, stepY);
            if (columns == 0)
            {
                continue;
            }

            byte[] row = new byte[((columns * pixelBits) + 7) / 8], above = new byte[row.Length];
            for (int i = 0; i < rows; i++)
            {
                int filter = passes.ReadByte();
                passes.ReadExactly(row);
                Unfilter(filter, row, above, Math.Max(1, pixelBits / 8));
                Scatter(row, columns, pixelBits, plain.AsSpan(((top + (i * stepY)) * rowBytes) + 1, rowBytes - 1), left, stepX);
                (row, above) = (above, row);
            }
        }

        MemoryStream result = new();
        using (ZLibStream packer = new(result, CompressionLevel.Fastest, leaveOpen: true))
        {
            packer.Write(plain);
        }

        return result;
    }

    private static int Count(int size, int first, int step) => size <= first ? 0 : ((size - first - 1) / step) + 1;

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int pixelBytes)
    {
        if (filter is < 0 or > 4)
        {
            throw BrokenPictureException.Damaged();
        }

        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= pixelBytes ? row[i - pixelBytes] : 0, corner = i >= pixelBytes ? above[i - pixelBytes] : 0;
            row[i] += (byte)(filter switch
            {
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], corner),
                _ => 0,
            });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int toLeft = Math.Abs(up - corner), toUp = Math.Abs(left - corner), toCorner = Math.Abs(left + up - (2 * corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void Scatter(ReadOnlySpan<byte> row, int columns, int pixelBits, Span<byte> plain, int left, int step)
    {
        for (int i = 0; i < columns; i++)
        {
            int x = left + (i * step);
            if (pixelBits >= 8)
            {
                int bytes = pixelBits / 8;
                row.Slice(i * bytes, bytes).CopyTo(plain[(x * bytes)..]);
                continue;
            }

            // The leftmost pixel has the highest bits.
            int from = i * pixelBits, to = x * pixelBits;
            int value = (row[from / 8] >> (8 - pixelBits - (from % 8))) & ((1 << pixelBits) - 1);
            plain[to / 8] |= (byte)(value << (8 - pixelBits - (to % 8)));
        }
    }
}
