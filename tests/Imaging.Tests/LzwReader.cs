namespace VggCuda.Imaging.Tests;

/// <summary>A plain and strict reader of GIF's LZW: nothing may be missing or left over.</summary>
internal static class LzwReader
{
    public static byte[] Read(byte[] data)
    {
        int bits = data[0];
        List<byte> packed = [];
        int at = 1;
        while (data[at] != 0)
        {
            packed.AddRange(data.AsSpan(at + 1, data[at]));
            at += data[at] + 1;
        }

        Assert.Equal(data.Length, at + 1);
        int clear = 1 << bits, end = clear + 1;
        List<byte> result = [];
        List<byte[]> table = [];
        byte[]? previous = null;
        int codeBits = bits + 1, position = 0;
        bool cleared = false;
        while (true)
        {
            int code = 0;
            for (int i = 0; i < codeBits; i++, position++)
            {
                code |= ((packed[position / 8] >> (position % 8)) & 1) << i;
            }

            if (code == clear)
            {
                table = [.. Enumerable.Range(0, clear).Select(i => new[] { (byte)i }), [], []];
                (previous, codeBits, cleared) = (null, bits + 1, true);
                continue;
            }

            Assert.True(cleared, "the first code must clear the table");
            if (code == end)
            {
                Assert.InRange((packed.Count * 8) - position, 0, 7);
                return [.. result];
            }

            byte[] text = code < table.Count ? table[code] : code == table.Count && previous is not null ? [.. previous, previous[0]] : throw new InvalidDataException($"code {code} of {table.Count}");
            result.AddRange(text);
            if (previous is not null && table.Count < 4096)
            {
                table.Add([.. previous, text[0]]);
            }

            codeBits = Math.Min(12, table.Count == 1 << codeBits ? codeBits + 1 : codeBits);
            previous = text;
        }
    }
}
