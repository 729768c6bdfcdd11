using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>A <c>.keras</c> archive: a zip whose member <c>model.weights.h5</c> is stored, not deflated, and so is read in place.</summary>
/// <remarks>Reads the zip format itself (PKWARE APPNOTE 6.3.9, 4.3), because the place of a stored member is what is wanted, and because every size in it is doubted.</remarks>
internal sealed class KerasArchive
{
    private const string WeightsName = "model.weights.h5";
    private const int MaxDirectory = 4 << 20;
    private const int MaxMetadata = 64 << 10;
    private const int MaxConfiguration = 4 << 20;

    private KerasArchive(PartSource weights, string? kerasVersion, string? configuration)
    {
        Weights = weights;
        KerasVersion = kerasVersion;
        Configuration = configuration;
    }

    public PartSource Weights { get; }

    public string? KerasVersion { get; }

    /// <summary>The model's configuration as it is stored, or null.</summary>
    public string? Configuration { get; }

    public static bool IsZip(ReadOnlySpan<byte> head) => head is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..];

    /// <summary>Finds the weights.</summary>
    /// <exception cref="Hdf5Exception">It is another archive, damaged, or its weights are deflated.</exception>
    public static KerasArchive Open(ByteSource source)
    {
        List<Member> members = ReadDirectory(source);
        if (members.FirstOrDefault(m => m.Name == WeightsName) is not { } weights)
        {
            throw new Hdf5Exception(Other(members));
        }

        if (weights.Method != 0)
        {
            throw new Hdf5Exception($"is an archive whose '{WeightsName}' is compressed. Unpack it ('unzip FILE {WeightsName}') and give that file.");
        }

        PartSource part = Locate(source, weights);
        CheckCrc(part, weights);
        return new KerasArchive(
            part,
            members.FirstOrDefault(m => m.Name == "metadata.json") is { Method: 0, Size: <= MaxMetadata } metadata ? ReadVersion(Locate(source, metadata)) : null,
            members.FirstOrDefault(m => m.Name == "config.json") is { Method: 0, Size: <= MaxConfiguration } configuration ? ReadText(Locate(source, configuration), configuration) : null);
    }

    private static string Other(List<Member> members)
    {
        if (members.Exists(m => m.Name.EndsWith("model.weights.json", StringComparison.Ordinal)))
        {
            return "is a Keras archive with its weights in several files (shards), which this reader does not take. Save the model without max_shard_size.";
        }

        if (members.Exists(m => m.Name.EndsWith("data.pkl", StringComparison.Ordinal)))
        {
            return "is a PyTorch file; this reader takes Keras's HDF5 files only.";
        }

        return members.Exists(m => m.Name.EndsWith(".npy", StringComparison.Ordinal))
            ? "is a NumPy archive (.npz). Weights are read from Keras's HDF5 files."
            : $"is a zip archive without '{WeightsName}'. Unpack it and give the weights inside.";
    }

    private static List<Member> ReadDirectory(ByteSource source)
    {
        const int EndSize = 22;
        int tailLength = (int)Math.Min(source.Length, EndSize + 0xFFFF);
        byte[] tail = new byte[tailLength];
        source.Read(source.Length - tailLength, tail);
        for (int at = tailLength - EndSize; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (end is not [(byte)'P', (byte)'K', 5, 6, ..] || BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length - EndSize)
            {
                continue;
            }

            int count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            if (offset == uint.MaxValue || size == uint.MaxValue || count == 0xFFFF)
            {
                throw new Hdf5Exception($"is an archive of more than 4 GB or 65,535 members. Unpack it ('unzip FILE {WeightsName}') and give the weights inside.");
            }

            if (size > MaxDirectory || (long)offset + size > source.Length - tailLength + at)
            {
                throw new Hdf5Exception("is an archive whose directory lies outside it or is too large; it is damaged.");
            }

            byte[] directory = new byte[size];
            source.Read(offset, directory);
            return ReadMembers(directory, count);
        }

        throw new Hdf5Exception("is an archive without its directory: it is truncated or damaged. Download or copy it again.");
    }

    private static List<Member> ReadMembers(byte[] directory, int count)
    {
        List<Member> members = [];
        HashSet<string> names = [];
        Cursor cursor = new(directory, "the archive's directory");
        for (int i = 0; i < count; i++)
        {
            cursor.Signature([(byte)'P', (byte)'K', 1, 2]);
            cursor.Skip(4);
            int flags = cursor.U16();
            int method = cursor.U16();
            cursor.Skip(4);
            uint crc = cursor.U32();
            long packed = cursor.U32();
            long size = cursor.U32();
            int nameLength = cursor.U16();
            int extraLength = cursor.U16();
            int commentLength = cursor.U16();
            cursor.Skip(8);
            long offset = cursor.U32();
            string name = Encoding.Latin1.GetString(cursor.Bytes(nameLength));
            cursor.Skip(extraLength);
            cursor.Skip(commentLength);
            if ((flags & 1) != 0)
            {
                throw new Hdf5Exception("is an encrypted archive. Unpack it and give the weights inside.");
            }

            if (!names.Add(name))
            {
                throw new Hdf5Exception($"is an archive with two members named '{name}'; it is damaged.");
            }

            members.Add(new Member(name, method, crc, packed, size, offset));
        }

        return members;
    }

    private static PartSource Locate(ByteSource source, Member member)
    {
        const int HeaderSize = 30;
        byte[] header = new byte[HeaderSize];
        source.Read(member.Offset, header);
        Cursor cursor = new(header, $"the header of the archive's '{member.Name}'");
        cursor.Signature([(byte)'P', (byte)'K', 3, 4]);
        cursor.Skip(4);
        int method = cursor.U16();
        cursor.Skip(16);
        int nameLength = cursor.U16();
        int extraLength = cursor.U16();
        byte[] name = new byte[nameLength];
        source.Read(member.Offset + HeaderSize, name);
        long start = member.Offset + HeaderSize + nameLength + extraLength;
        if (method != member.Method || member.Packed != member.Size || Encoding.Latin1.GetString(name) != member.Name || start + member.Size > source.Length)
        {
            throw new Hdf5Exception($"is an archive whose '{member.Name}' is described in two ways or cut short; it is damaged.");
        }

        return new PartSource(source, start, member.Size);
    }

    private static string ReadText(PartSource part, Member member)
    {
        CheckCrc(part, member);
        byte[] text = new byte[part.Length];
        part.Read(0, text);
        return Encoding.UTF8.GetString(text);
    }

    private static void CheckCrc(PartSource part, Member member)
    {
        Crc32 crc = new();
        byte[] buffer = new byte[1 << 18];
        for (long at = 0; at < part.Length; at += buffer.Length)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, part.Length - at));
            part.Read(at, piece);
            crc.Append(piece);
        }

        if (crc.GetCurrentHashAsUInt32() != member.Crc)
        {
            throw new Hdf5Exception($"is an archive whose '{member.Name}' does not match its checksum (CRC-32); it is damaged. Download or copy it again.");
        }
    }

    private static string? ReadVersion(PartSource part)
    {
        byte[] json = new byte[part.Length];
        part.Read(0, json);
        try
        {
            Utf8JsonReader reader = new(json);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("keras_version"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // The version is for information only.
        }

        return null;
    }

    private sealed record Member(string Name, int Method, uint Crc, long Packed, long Size, long Offset);
}
