using System.Buffers.Binary;
using System.Text;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Where something lies in the file.</summary>
/// <param name="What">What it is, for messages.</param>
/// <param name="Start">First byte, counted from the superblock.</param>
/// <param name="Length">Number of bytes.</param>
internal readonly record struct Extent(string What, long Start, long Length)
{
    public long End => Start + Length;
}

/// <summary>
/// Reads blocks of metadata: every address is checked, nothing is allocated before it is known to lie in the file, and the
/// sum of all blocks is limited, so that no chain, cycle or tree of whatever shape costs more than the limit.
/// </summary>
internal sealed class Metadata(ByteSource source)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly List<Extent> _extents = [];
    private int _bytes;
    private int _chunks;
    private long _text;

    /// <summary>What addresses are relative to: the file from its superblock on.</summary>
    public ByteSource Source => source;

    /// <summary>Bytes of an address.</summary>
    public int OffsetSize { get; set; } = 8;

    /// <summary>Bytes of a length.</summary>
    public int LengthSize { get; set; } = 8;

    /// <summary>The superblock's end of file: no address may lie behind it.</summary>
    public long End { get; set; } = source.Length;

    /// <summary>Blocks read so far.</summary>
    public IReadOnlyList<Extent> Extents => _extents;

    /// <summary>Checks that a range lies in the file.</summary>
    public long Check(string what, ulong address, ulong length)
    {
        if (address == Hdf5Layout.Undefined)
        {
            throw new Hdf5Exception($"{what} has no address; the file is damaged.");
        }

        if (address > (ulong)End || length > (ulong)End - address)
        {
            throw new Hdf5Exception($"{what} is said to be {length} bytes at {address}, behind the end at {End}; the file is damaged.");
        }

        return (long)address;
    }

    /// <summary>Counts a dataset's chunks before room for them is allocated.</summary>
    public void CountChunks(Int128 count, string what)
    {
        if (count > End)
        {
            throw new Hdf5Exception($"{what} is stored in {count} chunks, more than the file has room for; it is damaged.");
        }

        if (count > Hdf5Layout.MaxChunks - _chunks)
        {
            throw new Hdf5Exception($"{what} is stored in {count} chunks; this reader takes {Hdf5Layout.MaxChunks} in all. Rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
        }

        _chunks += (int)count;
    }

    /// <summary>Decodes a name or text as UTF-8, of which ASCII is a part, and counts it.</summary>
    /// <exception cref="Hdf5Exception">It is no UTF-8, or too much has been decoded: texts may share the bytes of one.</exception>
    public string Text(ReadOnlySpan<byte> bytes, string what)
    {
        _text += bytes.Length;
        if (_text > Hdf5Layout.MaxText)
        {
            throw new Hdf5Exception($"{what}: the file's names and texts come to more than {Hdf5Layout.MaxText} bytes; no weight file's do. It is damaged or made to exhaust its reader.");
        }

        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException failure)
        {
            throw new Hdf5Exception($"{what} is not valid UTF-8; the file is damaged.", failure);
        }
    }

    /// <summary>Reads a block.</summary>
    public byte[] Block(string what, ulong address, ulong length)
    {
        long start = Check(what, address, length);
        if (length > Hdf5Layout.MaxBlock || _bytes + (int)length > Hdf5Layout.MaxMetadata || _extents.Count >= Hdf5Layout.MaxBlocks)
        {
            throw new Hdf5Exception($"{what}: the file's structure takes more reading than any weight file's does ({_extents.Count} blocks, {_bytes + (long)length} bytes); it is damaged or made to exhaust its reader.");
        }

        _extents.Add(new Extent(what, start, (long)length));
        _bytes += (int)length;
        byte[] block = new byte[length];
        source.Read(start, block);
        return block;
    }

    /// <summary>Reads a block that ends in a checksum over what is before it.</summary>
    public byte[] CheckedBlock(string what, ulong address, ulong length)
    {
        byte[] block = Block(what, address, length);
        VerifyChecksum(what, block);
        return block;
    }

    /// <summary>Checks the checksum that ends a block.</summary>
    public static void VerifyChecksum(string what, ReadOnlySpan<byte> block)
    {
        if (block.Length < 4 || Lookup3.Hash(block[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(block[^4..]))
        {
            throw new Hdf5Exception($"{what} does not match its checksum; the file is damaged.");
        }
    }
}
