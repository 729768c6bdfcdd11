namespace VggCuda.Hdf5Loader.Format;

internal enum LinkKind
{
    Hard,
    Soft,
    External,
}

/// <summary>A name in a group.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it leads to.</param>
/// <param name="Address">The object's header, of a hard link.</param>
/// <param name="Target">The path, of a soft link.</param>
internal sealed record Link(string Name, LinkKind Kind, ulong Address, string? Target)
{
    /// <summary>Parses a link message.</summary>
    public static Link Parse(Metadata metadata, ReadOnlySpan<byte> bytes, string what)
    {
        string name = $"a link of {what}";
        Cursor cursor = new(bytes, name);
        cursor.Version(1);
        int flags = cursor.U8();
        int type = (flags & 8) != 0 ? cursor.U8() : 0;
        cursor.Skip((flags & 4) != 0 ? 8 : 0);
        cursor.Skip((flags & 16) != 0 ? 1 : 0);
        ulong length = cursor.Unsigned(1 << (flags & 3));
        if (length is 0 or > 0xFFFF)
        {
            throw new Hdf5Exception($"{name} has a name of {length} bytes; the file is damaged.");
        }

        string linkName = metadata.Text(cursor.Bytes((int)length), name);
        return type switch
        {
            0 => new Link(linkName, LinkKind.Hard, cursor.Address(metadata.OffsetSize), null),
            1 => new Link(linkName, LinkKind.Soft, Hdf5Layout.Undefined, metadata.Text(cursor.Bytes(cursor.U16()), name)),
            64 => new Link(linkName, LinkKind.External, Hdf5Layout.Undefined, null),
            _ => throw new Hdf5Exception($"{name} is of the unknown kind {type}; the file is damaged."),
        };
    }
}
