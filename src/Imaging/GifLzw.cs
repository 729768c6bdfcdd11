namespace VggCuda.Imaging;

/// <summary>GIF's variable-length LZW: codes of 3 to 12 bits, lowest bit first, in sub-blocks of up to 255 bytes.</summary>
/// <remarks>CompuServe, "Graphics Interchange Format, version 89a", 1990, appendix F; Welch, "A Technique for High-Performance Data Compression", 1984.</remarks>
internal static class GifLzw
{
    private const int MaxCodes = 4096;
    private const int HashSize = 16384;

    /// <summary>Writes the minimum code size, the compressed indices, and the empty block that ends them.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="indices">At least one; each below 2^<paramref name="bits"/>.</param>
    /// <param name="bits">2..8.</param>
    public static void Write(Stream stream, ReadOnlySpan<byte> indices, int bits)
    {
        stream.WriteByte((byte)bits);
        BlockWriter writer = new(stream);
        int clear = 1 << bits;
        int end = clear + 1;
        int next = end + 1;
        int codeBits = bits + 1;

        // A string is its prefix's code and one more index; open addressing, keys from 1 so that 0 is free.
        int[] keys = new int[HashSize];
        short[] codes = new short[HashSize];
        writer.Put(clear, codeBits);
        int prefix = indices[0];
        foreach (byte index in indices[1..])
        {
            int key = ((prefix << 8) | index) + 1;
            int slot = (int)((uint)(key * -1640531527) >> 18);
            while (keys[slot] != 0 && keys[slot] != key)
            {
                slot = (slot + 1) & (HashSize - 1);
            }

            if (keys[slot] == key)
            {
                prefix = codes[slot];
                continue;
            }

            writer.Put(prefix, codeBits);
            prefix = index;
            if (next < MaxCodes)
            {
                keys[slot] = key;
                codes[slot] = (short)next;

                // The reader is one string behind, so codes grow only after the first one that needs the new length was made.
                codeBits += next == 1 << codeBits ? 1 : 0;
                next++;
            }
            else
            {
                writer.Put(clear, codeBits);
                Array.Clear(keys);
                next = end + 1;
                codeBits = bits + 1;
            }
        }

        writer.Put(prefix, codeBits);

        // The reader makes a string out of the last code too.
        codeBits += next == 1 << codeBits && codeBits < 12 ? 1 : 0;
        writer.Put(end, codeBits);
        writer.Finish();
    }

    private sealed class BlockWriter(Stream stream)
    {
        private readonly byte[] _block = new byte[256];
        private int _length;
        private uint _pending;
        private int _pendingBits;

        public void Put(int code, int bits)
        {
            _pending |= (uint)code << _pendingBits;
            _pendingBits += bits;
            while (_pendingBits >= 8)
            {
                PutByte((byte)_pending);
                _pending >>= 8;
                _pendingBits -= 8;
            }
        }

        public void Finish()
        {
            if (_pendingBits > 0)
            {
                PutByte((byte)_pending);
            }

            Flush();
            stream.WriteByte(0);
        }

        private void PutByte(byte value)
        {
            _block[++_length] = value;
            if (_length == 255)
            {
                Flush();
            }
        }

        private void Flush()
        {
            if (_length > 0)
            {
                _block[0] = (byte)_length;
                stream.Write(_block, 0, _length + 1);
                _length = 0;
            }
        }
    }
}
