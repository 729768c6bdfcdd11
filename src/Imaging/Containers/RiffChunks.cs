using System.Buffers.Binary;

namespace VggCuda.Imaging.Containers;

/// <summary>Walks through the chunks of a WebP file, or of a frame in it, and writes them.</summary>
/// <remarks>RFC 9649, section 2.3: a name, a length, the data, a byte to fill up to an even length.</remarks>
internal ref struct RiffChunks(ReadOnlySpan<byte> chunks)
{
    private ReadOnlySpan<byte> _rest = chunks;
    private ReadOnlySpan<byte> _type;

    /// <summary>The chunk's data; where it is cut, what is there.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Whether the file ends within this chunk.</summary>
    public bool IsCut { get; private set; }

    public readonly bool Is(ReadOnlySpan<byte> type) => _type.SequenceEqual(type);

    /// <summary>Goes on to the next chunk; false where not even a name and a length are left.</summary>
    public bool Next()
    {
        if (IsCut || _rest.Length < 8)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[4..]);
        _type = _rest[..4];
        IsCut = length > _rest.Length - 8;
        int there = IsCut ? _rest.Length - 8 : (int)length;
        Data = _rest.Slice(8, there);
        _rest = _rest[Math.Min(_rest.Length, 8 + there + (there & 1))..];
        return true;
    }

    /// <summary>Writes a chunk.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, data.Length);
        stream.Write(type);
        stream.Write(length);
        stream.Write(data);
        if (data.Length % 2 != 0)
        {
            stream.WriteByte(0);
        }
    }

    /// <summary>Puts the length of the whole into the header of a file written from its start.</summary>
    public static void PutFileLength(MemoryStream file) =>
        BinaryPrimitives.WriteInt32LittleEndian(file.GetBuffer().AsSpan(4), (int)file.Length - 8);
}
