using System.Buffers.Binary;
using System.IO.Hashing;

namespace VggCuda.Imaging.Containers;

/// <summary>Walks through the chunks of a PNG file.</summary>
/// <remarks>PNG specification (W3C, third edition), section 5.3.</remarks>
internal ref struct PngChunks(ReadOnlySpan<byte> file)
{
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private ReadOnlySpan<byte> _rest = file[Math.Min(Signature.Length, file.Length)..];
    private ReadOnlySpan<byte> _typeAndData;
    private uint _checksum;

    /// <summary>Whether the file ends within this chunk, or before it.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The chunk's name, four characters.</summary>
    public readonly ReadOnlySpan<byte> Type => _typeAndData[..4];

    /// <summary>Its data; where it is cut, what is there.</summary>
    public readonly ReadOnlySpan<byte> Data => _typeAndData[4..];

    public readonly bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

    /// <summary>Whether the checksum is right.</summary>
    public readonly bool IsSound() => !IsCut && Crc32.HashToUInt32(_typeAndData) == _checksum;

    /// <summary>Goes on to the next chunk; false where not even a name is left.</summary>
    public bool Next()
    {
        if (IsCut || _rest.Length < 8)
        {
            IsCut = true;
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        IsCut = length > _rest.Length - 12;
        if (IsCut)
        {
            _typeAndData = _rest.Slice(4, 4 + (int)Math.Min(length, (uint)_rest.Length - 8));
            return true;
        }

        _typeAndData = _rest.Slice(4, 4 + (int)length);
        _checksum = BinaryPrimitives.ReadUInt32BigEndian(_rest[(8 + (int)length)..]);
        _rest = _rest[(12 + (int)length)..];
        return true;
    }

    /// <summary>Writes a chunk with its length and checksum.</summary>
    public static void Write(Stream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        Crc32 crc = new();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        png.Write(number);
    }
}
