using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>The filters of a chunked dataset, in the order in which they were applied. Deflate, shuffle and fletcher32 are taken, others refused by name.</summary>
internal sealed record FilterPipeline(ImmutableArray<int> Filters, ImmutableArray<uint> Parameters)
{
    private const int Deflate = 1;
    private const int Shuffle = 2;
    private const int Fletcher32 = 3;

    public static FilterPipeline None { get; } = new([], []);

    /// <summary>Names for people.</summary>
    public ImmutableArray<string> Names => [.. Filters.Select(NameOf)];

    /// <summary>Parses the filter message.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="elementSize">Bytes of the dataset's elements, which shuffle must be set to.</param>
    /// <param name="what">For messages.</param>
    public static FilterPipeline Parse(ReadOnlySpan<byte> bytes, int elementSize, string what)
    {
        string name = $"the filters of {what}";
        Cursor cursor = new(bytes, name);
        int version = cursor.U8();
        int count = cursor.U8();
        if (version is not (1 or 2) || count > 32)
        {
            throw new Hdf5Exception($"{name} have version {version} and number {count}; the file is damaged.");
        }

        cursor.Skip(version == 1 ? 6 : 0);
        ImmutableArray<int>.Builder filters = ImmutableArray.CreateBuilder<int>();
        ImmutableArray<uint>.Builder parameters = ImmutableArray.CreateBuilder<uint>();
        for (int i = 0; i < count; i++)
        {
            int id = cursor.U16();
            int nameLength = version == 1 || id >= 256 ? cursor.U16() : 0;
            cursor.Skip(2);
            int values = cursor.U16();
            cursor.Skip(nameLength);
            if (version == 1)
            {
                cursor.Skip(-nameLength & 7);
            }

            uint first = values > 0 ? cursor.U32() : 0;
            cursor.Skip(4 * Math.Max(0, values - 1));
            cursor.Skip(version == 1 && values % 2 == 1 ? 4 : 0);
            if (id is not (Deflate or Shuffle or Fletcher32))
            {
                throw new Hdf5Exception($"{what} is stored with the filter {NameOf(id)}, which this reader does not take. Rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
            }

            if (filters.Contains(id))
            {
                throw new Hdf5Exception($"{name} name {NameOf(id)} twice; the file is damaged.");
            }

            if (id == Shuffle && first != elementSize)
            {
                throw new Hdf5Exception($"the shuffle filter of {what} is set to {first} bytes, its elements have {elementSize}; the file is damaged.");
            }

            filters.Add(id);
            parameters.Add(first);
        }

        return new FilterPipeline(filters.ToImmutable(), parameters.ToImmutable());
    }

    /// <summary>The most bytes that a chunk can be stored in.</summary>
    public static long MostStored(long decoded) => decoded + (decoded / 100) + 1024;

    /// <summary>The fewest bytes that a chunk can be stored in: deflate saves at most a factor of 1,032.</summary>
    public long FewestStored(long decoded, uint mask) => Applies(Filters.IndexOf(Deflate), mask) ? decoded / 1040 : decoded;

    /// <summary>Undoes the filters.</summary>
    /// <param name="stored">The chunk as it is stored; may be overwritten.</param>
    /// <param name="decoded">Exactly as long as the chunk; overwritten.</param>
    /// <param name="mask">Bit i set: filter i was not applied to this chunk.</param>
    /// <param name="what">For messages.</param>
    public void Decode(byte[] stored, Span<byte> decoded, uint mask, string what)
    {
        ReadOnlySpan<byte> current = stored;
        for (int i = Filters.Length - 1; i >= 0; i--)
        {
            if (!Applies(i, mask))
            {
                continue;
            }

            int expected = decoded.Length + (Applies(Filters.IndexOf(Fletcher32), mask) && Filters.IndexOf(Fletcher32) < i ? 4 : 0);
            current = Filters[i] switch
            {
                Deflate => Inflate(current, expected, what),
                Shuffle => Unshuffle(current, Parameters[i]),
                _ => StripFletcher32(current, what),
            };
        }

        if (current.Length != decoded.Length)
        {
            throw new Hdf5Exception($"a chunk of {what} has {current.Length} bytes, {decoded.Length} were expected; the file is damaged.");
        }

        current.CopyTo(decoded);
    }

    private static bool Applies(int filter, uint mask) => filter >= 0 && (mask & (1u << filter)) == 0;

    private static string NameOf(int id) => id switch
    {
        Deflate => "gzip",
        Shuffle => "shuffle",
        Fletcher32 => "fletcher32",
        4 => "szip",
        5 => "n-bit",
        6 => "scale-offset",
        32000 => "lzf",
        32001 => "blosc",
        32004 => "lz4",
        32015 => "zstd",
        _ => $"number {id}",
    };

    private static byte[] Inflate(ReadOnlySpan<byte> stored, int expected, string what)
    {
        byte[] inflated = new byte[expected];
        try
        {
            using MemoryStream memory = new(stored.ToArray(), false);
            using ZLibStream stream = new(memory, CompressionMode.Decompress);
            int read = stream.ReadAtLeast(inflated, expected, false);
            // One more read reaches the stream's own checksum.
            if (read != expected || stream.ReadByte() >= 0)
            {
                throw new Hdf5Exception($"a chunk of {what} inflates to {(read == expected ? "more" : "fewer")} than its {expected} bytes; the file is damaged.");
            }

            // ZLibStream does not miss the checksum where the stream is cut short of it.
            if (stored.Length < 6 || Adler32(inflated) != BinaryPrimitives.ReadUInt32BigEndian(stored[^4..]))
            {
                throw new Hdf5Exception($"a compressed chunk of {what} does not match its checksum (Adler-32); the file is damaged.");
            }
        }
        catch (InvalidDataException failure)
        {
            throw new Hdf5Exception($"a compressed chunk of {what} is damaged: {failure.Message}", failure);
        }

        return inflated;
    }

    /// <summary>The checksum at the end of a zlib stream (RFC 1950).</summary>
    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint a = 1;
        uint b = 0;
        while (data.Length > 0)
        {
            // 5,552 bytes are the most that cannot overflow.
            ReadOnlySpan<byte> piece = data[..Math.Min(5552, data.Length)];
            foreach (byte value in piece)
            {
                a += value;
                b += a;
            }

            a %= 65521;
            b %= 65521;
            data = data[piece.Length..];
        }

        return (b << 16) | a;
    }

    private static byte[] Unshuffle(ReadOnlySpan<byte> shuffled, uint size)
    {
        byte[] plain = new byte[shuffled.Length];
        int width = (int)size;
        int count = shuffled.Length / width;
        for (int b = 0; b < width; b++)
        {
            ReadOnlySpan<byte> plane = shuffled.Slice(b * count, count);
            for (int i = 0, at = b; i < plane.Length; i++, at += width)
            {
                plain[at] = plane[i];
            }
        }

        shuffled[(count * width)..].CopyTo(plain.AsSpan(count * width));
        return plain;
    }

    private static ReadOnlySpan<byte> StripFletcher32(ReadOnlySpan<byte> stored, string what)
    {
        if (stored.Length < 4 || Checksum(stored[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(stored[^4..]))
        {
            throw new Hdf5Exception($"a chunk of {what} does not match its checksum (fletcher32); the file is damaged.");
        }

        return stored[..^4];
    }

    /// <summary>Fletcher's checksum over 16-bit big-endian words, as HDF5 has it.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint sum1 = 0;
        uint sum2 = 0;
        int words = data.Length / 2;
        for (int i = 0; i < words;)
        {
            // 360 words are the most that cannot overflow.
            for (int end = Math.Min(words, i + 360); i < end; i++)
            {
                sum1 += BinaryPrimitives.ReadUInt16BigEndian(data[(2 * i)..]);
                sum2 += sum1;
            }

            sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
            sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
        }

        if (data.Length % 2 != 0)
        {
            sum1 += (uint)data[^1] << 8;
            sum2 += sum1;
            sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
            sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
        }

        sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
        sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
        return (sum2 << 16) | sum1;
    }
}
