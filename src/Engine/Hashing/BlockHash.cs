using System.Buffers.Binary;

namespace VggCuda.Engine.Hashing;

/// <summary>What SHA-256 and MD5 have in common: blocks of 64 bytes, the last one filled up with a bit, zeros and the length in bits.</summary>
internal abstract class BlockHash : ContentHash
{
    private const int BlockLength = 64;
    private readonly byte[] _block = new byte[BlockLength];
    private long _length;

    /// <inheritdoc/>
    public sealed override void Append(ReadOnlySpan<byte> content)
    {
        int filled = (int)(_length % BlockLength);
        _length += content.Length;
        if (filled > 0)
        {
            int taken = Math.Min(BlockLength - filled, content.Length);
            content[..taken].CopyTo(_block.AsSpan(filled));
            content = content[taken..];
            if (filled + taken < BlockLength)
            {
                return;
            }

            Add(_block);
        }

        for (; content.Length >= BlockLength; content = content[BlockLength..])
        {
            Add(content[..BlockLength]);
        }

        content.CopyTo(_block);
    }

    /// <inheritdoc/>
    public sealed override string Finish()
    {
        long bits = _length * 8;
        int filled = (int)(_length % BlockLength);
        Span<byte> end = stackalloc byte[filled < BlockLength - 8 ? BlockLength - filled : (2 * BlockLength) - filled];
        end.Clear();
        end[0] = 0x80;
        WriteLength(end[^8..], bits);
        Append(end);
        return Convert.ToHexStringLower(Result());
    }

    /// <summary>Takes a block in.</summary>
    protected abstract void Add(ReadOnlySpan<byte> block);

    /// <summary>Writes the length, 8 bytes.</summary>
    protected abstract void WriteLength(Span<byte> to, long bits);

    /// <summary>The state as bytes.</summary>
    protected abstract byte[] Result();
}

/// <summary>SHA-256, as FIPS 180-4, section 6.2, describes it.</summary>
internal sealed class Sha256Hash : BlockHash
{
    // The first 32 bits of the fractional parts of the cube roots of the first 64 primes; of the square roots of the first eight.
    private static readonly uint[] K = [.. Primes(64).Select(p => Fraction(Math.Cbrt(p), p, 3))];
    private readonly uint[] _state = [.. Primes(8).Select(p => Fraction(Math.Sqrt(p), p, 2))];
    private readonly uint[] _w = new uint[64];

    protected override void Add(ReadOnlySpan<byte> block)
    {
        uint[] w = _w;
        for (int t = 0; t < 16; t++)
        {
            w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * t)..]);
        }

        for (int t = 16; t < 64; t++)
        {
            uint s0 = uint.RotateRight(w[t - 15], 7) ^ uint.RotateRight(w[t - 15], 18) ^ (w[t - 15] >> 3);
            uint s1 = uint.RotateRight(w[t - 2], 17) ^ uint.RotateRight(w[t - 2], 19) ^ (w[t - 2] >> 10);
            w[t] = w[t - 16] + s0 + w[t - 7] + s1;
        }

        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (int t = 0; t < 64; t++)
        {
            uint t1 = h + (uint.RotateRight(e, 6) ^ uint.RotateRight(e, 11) ^ uint.RotateRight(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + w[t];
            uint t2 = (uint.RotateRight(a, 2) ^ uint.RotateRight(a, 13) ^ uint.RotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }

        ReadOnlySpan<uint> added = [a, b, c, d, e, f, g, h];
        for (int i = 0; i < added.Length; i++)
        {
            _state[i] += added[i];
        }
    }

    protected override void WriteLength(Span<byte> to, long bits) => BinaryPrimitives.WriteInt64BigEndian(to, bits);

    protected override byte[] Result()
    {
        byte[] bytes = new byte[32];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), _state[i]);
        }

        return bytes;
    }

    private static IEnumerable<int> Primes(int count) => Enumerable.Range(2, 400).Where(n => Enumerable.Range(2, n - 2).All(d => n % d != 0)).Take(count);

    private static UInt128 Power(UInt128 value, int degree) => degree == 2 ? value * value : value * value * value;

    // floor(2^32 * root) mod 2^32, exactly: the largest whole number whose power is at most 2^(32 * degree) * prime.
    private static uint Fraction(double root, int prime, int degree)
    {
        ulong found = (ulong)(root * 4294967296.0);
        UInt128 power = (UInt128)(uint)prime << (32 * degree);
        while (Power(found, degree) > power)
        {
            found--;
        }

        while (Power(found + 1, degree) <= power)
        {
            found++;
        }

        return (uint)found;
    }
}

/// <summary>MD5, as RFC 1321 describes it.</summary>
internal sealed class Md5Hash : BlockHash
{
    private static readonly int[] Turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
    private static readonly uint[] T = [.. Enumerable.Range(1, 64).Select(i => (uint)(Math.Abs(Math.Sin(i)) * 4294967296.0))];
    private uint _a = 0x67452301, _b = 0xefcdab89, _c = 0x98badcfe, _d = 0x10325476;

    protected override void Add(ReadOnlySpan<byte> block)
    {
        uint a = _a, b = _b, c = _c, d = _d;
        for (int i = 0; i < 64; i++)
        {
            (uint mixed, int place) = (i / 16) switch
            {
                0 => ((b & c) | (~b & d), i),
                1 => ((b & d) | (c & ~d), (5 * i) + 1),
                2 => (b ^ c ^ d, (3 * i) + 5),
                _ => (c ^ (b | ~d), 7 * i),
            };
            uint sum = a + mixed + T[i] + BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * (place % 16))..]);
            (a, d, c, b) = (d, c, b, b + uint.RotateLeft(sum, Turns[(4 * (i / 16)) + (i % 4)]));
        }

        _a += a;
        _b += b;
        _c += c;
        _d += d;
    }

    protected override void WriteLength(Span<byte> to, long bits) => BinaryPrimitives.WriteInt64LittleEndian(to, bits);

    protected override byte[] Result()
    {
        byte[] bytes = new byte[16];
        ReadOnlySpan<uint> state = [_a, _b, _c, _d];
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), state[i]);
        }

        return bytes;
    }
}
