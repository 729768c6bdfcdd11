using System.Collections.Immutable;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>An attribute of a group or a dataset.</summary>
internal sealed class AttributeValue
{
    private readonly ReadOnlyMemory<byte> _data;

    private AttributeValue(string name, string what, Datatype? datatype, Dataspace? dataspace, ReadOnlyMemory<byte> data)
    {
        Name = name;
        What = what;
        Datatype = datatype;
        Dataspace = dataspace;
        _data = data;
    }

    public string Name { get; }

    /// <summary>For messages: the attribute and its owner.</summary>
    public string What { get; }

    /// <summary>Null where it is kept elsewhere in the file.</summary>
    private Datatype? Datatype { get; }

    private Dataspace? Dataspace { get; }

    /// <summary>Parses an attribute message, versions 1 to 3.</summary>
    public static AttributeValue Parse(Metadata metadata, ReadOnlyMemory<byte> message, string owner)
    {
        string name = $"an attribute of {owner}";
        Cursor cursor = new(message.Span, name);
        int version = cursor.U8();
        int flags = cursor.U8();
        int nameSize = cursor.U16();
        int typeSize = cursor.U16();
        int spaceSize = cursor.U16();
        if (version is < 1 or > 3)
        {
            throw new Hdf5Exception($"{name} has version {version}; the file is damaged or newer than this reader.");
        }

        cursor.Skip(version == 3 ? 1 : 0);
        ReadOnlySpan<byte> nameBytes = cursor.Bytes(nameSize);
        Align(ref cursor);
        int end = nameBytes.IndexOf((byte)0);
        string attribute = metadata.Text(end < 0 ? nameBytes : nameBytes[..end], $"the name of {name}");
        string what = $"the attribute '{attribute}' of {owner}";
        ReadOnlySpan<byte> type = cursor.Bytes(typeSize);
        Align(ref cursor);
        ReadOnlySpan<byte> space = cursor.Bytes(spaceSize);
        Align(ref cursor);
        bool elsewhere = version > 1 && (flags & 3) != 0;
        return elsewhere
            ? new AttributeValue(attribute, what, null, null, default)
            : new AttributeValue(attribute, what, Datatype.Parse(type, what), Dataspace.Parse(space, metadata.LengthSize, what), message[cursor.Position..]);

        void Align(ref Cursor at)
        {
            if (version == 1)
            {
                at.Skip(Math.Min(at.Remaining, -(at.Position - 8) & 7));
            }
        }
    }

    /// <summary>The one string that it holds, or null where it holds something else.</summary>
    public string? Text(GlobalHeap heap) =>
        Datatype?.Text is not null && Dataspace!.Dimensions.Length == 0 && !Dataspace.IsNull ? Strings(heap, 1)[0] : null;

    /// <summary>A list of strings. An empty list may be of any type: h5py writes one as float64.</summary>
    public ImmutableArray<string> List(GlobalHeap heap)
    {
        if (Datatype is null || Dataspace is null)
        {
            throw new Hdf5Exception($"{What} has a committed datatype; this reader does not take that. Copy the file with h5repack.");
        }

        long count = Dataspace.Count(What);
        if (count == 0)
        {
            return [];
        }

        if (Dataspace.Dimensions.Length != 1 || Datatype.Text is null)
        {
            throw new Hdf5Exception($"{What} is {Dataspace} of {Datatype}; a list of names was expected.");
        }

        return count <= Hdf5Layout.MaxNames
            ? Strings(heap, (int)count)
            : throw new Hdf5Exception($"{What} is a list of {count} names; {Hdf5Layout.MaxNames} are the most that this reader takes.");
    }

    private ImmutableArray<string> Strings(GlobalHeap heap, int count)
    {
        int offsetSize = heap.Metadata.OffsetSize;
        StringFormat format = Datatype!.Text!.Value;
        int size = format.IsVariable ? 8 + offsetSize : format.Size;
        if (size != Datatype.Size || (long)count * size > _data.Length)
        {
            throw new Hdf5Exception($"{What} has {_data.Length} bytes for {count} strings of {Datatype.Size}; the file is damaged.");
        }

        ImmutableArray<string>.Builder strings = ImmutableArray.CreateBuilder<string>(count);
        Cursor cursor = new(_data.Span, What);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = cursor.Bytes(size);
            if (format.IsVariable)
            {
                Cursor reference = new(bytes, What);
                uint length = reference.U32();
                ulong collection = reference.Address(offsetSize);
                ReadOnlySpan<byte> stored = length == 0 ? [] : heap.Find(collection, reference.U32(), What);
                bytes = length <= (uint)stored.Length
                    ? stored[..(int)length]
                    : throw new Hdf5Exception($"{What} has a string of {length} bytes of which {stored.Length} are stored; the file is damaged.");
            }

            strings.Add(heap.Metadata.Text(Trim(bytes, format.Padding), What));
        }

        return strings.MoveToImmutable();
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes, int padding)
    {
        if (padding == 2)
        {
            return bytes.TrimEnd((byte)' ');
        }

        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }
}
