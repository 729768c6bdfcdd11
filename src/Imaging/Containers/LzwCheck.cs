namespace VggCuda.Imaging.Containers;

/// <summary>Follows GIF's LZW codes without making pixels, to see that all of them are there.</summary>
/// <remarks>CompuServe, "Graphics Interchange Format, version 89a", 1990, appendix F.</remarks>
internal static class LzwCheck
{
    private const int MaxCodes = 4096;

    /// <param name="blocks">Sub-blocks with their lengths, the empty one at the end.</param>
    /// <param name="bits">The code size at the start, less one.</param>
    /// <param name="pixels">How many the codes must give.</param>
    public static void Require(ReadOnlySpan<byte> blocks, int bits, long pixels)
    {
        if (bits is < 1 or > 8)
        {
            throw BrokenPictureException.Damaged();
        }

        int clear = 1 << bits, end = clear + 1, next = end + 1, codeBits = bits + 1;
        Span<int> lengths = stackalloc int[MaxCodes];
        lengths[..clear].Fill(1);
        long found = 0;
        int previous = 0;
        uint pending = 0;
        int pendingBits = 0;
        for (int at = 0; blocks[at] != 0; at += 1 + blocks[at])
        {
            foreach (byte value in blocks.Slice(at + 1, blocks[at]))
            {
                pending |= (uint)value << pendingBits;
                pendingBits += 8;
                while (pendingBits >= codeBits)
                {
                    int code = (int)(pending & ((1u << codeBits) - 1));
                    pending >>= codeBits;
                    pendingBits -= codeBits;
                    if (code == clear)
                    {
                        (next, codeBits, previous) = (end + 1, bits + 1, 0);
                        continue;
                    }

                    // One string beyond the table is the one being made; the first code makes none.
                    if (code == end || code > next || (code == next && (previous == 0 || next == MaxCodes)))
                    {
                        throw code == end ? BrokenPictureException.CutShort() : BrokenPictureException.Damaged();
                    }

                    if (previous > 0 && next < MaxCodes)
                    {
                        lengths[next++] = previous + 1;
                        codeBits += next == 1 << codeBits && codeBits < 12 ? 1 : 0;
                    }

                    previous = lengths[code];
                    found += previous;
                    if (found >= pixels)
                    {
                        return;
                    }
                }
            }
        }

        throw BrokenPictureException.CutShort();
    }
}
