namespace VggCuda.Imaging.Jpeg;

/// <summary>One Huffman table.</summary>
/// <remarks>ITU-T T.81, annex C (codes in order of their lengths) and section F.2.2.3 (decoding).</remarks>
internal sealed class JpegHuffman
{
    private const int FastBits = 9;

    // By the next nine bits: length in the upper byte, symbol in the lower one; 0 for a longer code.
    private readonly ushort[] _fast = new ushort[1 << FastBits];
    private readonly byte[] _symbols;

    // By length: the first code beyond it, as 16 bits; and what to add to a code for its symbol's place.
    private readonly int[] _limit = new int[18];
    private readonly int[] _offset = new int[17];

    /// <param name="counts">How many codes of 1 to 16 bits there are.</param>
    /// <param name="symbols">Their symbols in order.</param>
    public JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        int code = 0, place = 0;
        for (int length = 1; length <= 16; length++)
        {
            _offset[length] = place - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, place++)
            {
                if (length <= FastBits && code < 1 << length)
                {
                    _fast.AsSpan(code << (FastBits - length), 1 << (FastBits - length)).Fill((ushort)((length << 8) | symbols[place]));
                }
            }

            JpegTables.Require(code <= 1 << length);
            _limit[length] = code << (16 - length);
            code <<= 1;
        }

        _limit[17] = int.MaxValue;
    }

    /// <summary>The next symbol.</summary>
    public int Decode(ref JpegBits bits)
    {
        int next = bits.Peek16();
        int fast = _fast[next >> (16 - FastBits)];
        if (fast != 0)
        {
            bits.Drop(fast >> 8);
            return fast & 255;
        }

        int length = FastBits + 1;
        while (next >= _limit[length])
        {
            length++;
        }

        // No such code: what was decoded was no code at all.
        bits.Drop(Math.Min(length, 16));
        JpegTables.Require(length <= 16);
        return _symbols[_offset[length] + (next >> (16 - length))];
    }
}
