namespace VggCuda.Hdf5Loader.Format;

/// <summary>The superblock: sizes of addresses and lengths, end of file, root group. Versions 0 to 3.</summary>
internal sealed record Superblock(int Version, ulong RootHeader)
{
    /// <summary>Looks for the signature at 0, 512, 1024, 2048, ... as the specification has it.</summary>
    /// <returns>Its offset, or -1.</returns>
    public static long FindSignature(ByteSource source)
    {
        Span<byte> bytes = stackalloc byte[8];
        for (long at = 0; at <= source.Length - 8; at = at == 0 ? 512 : at * 2)
        {
            source.Read(at, bytes);
            if (bytes.SequenceEqual(Hdf5Layout.Signature))
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Reads the superblock and sets the sizes and the end in <paramref name="metadata"/>.</summary>
    /// <param name="metadata">The file from its signature on.</param>
    /// <param name="userBlock">Bytes before the signature.</param>
    public static Superblock Read(Metadata metadata, long userBlock)
    {
        const string What = "the superblock";
        long available = metadata.Source.Length;
        if (available < 9)
        {
            throw Truncated(available, null);
        }

        int version = metadata.Block(What, 8, 1)[0];
        if (version > 3)
        {
            throw new Hdf5Exception($"{What} has version {version}; this reader takes 0 to 3.");
        }

        return version < 2 ? ReadOld(metadata, version, userBlock) : ReadNew(metadata, version, userBlock);
    }

    private static Superblock ReadOld(Metadata metadata, int version, long userBlock)
    {
        const string What = "the superblock";
        int fixedPart = version == 0 ? 24 : 28;
        Cursor head = new(Take(metadata, 0, fixedPart), What);
        head.Skip(9);
        int freeSpaceVersion = head.U8();
        int rootVersion = head.U8();
        head.Skip(1);
        int sharedVersion = head.U8();
        SetSizes(metadata, head.U8(), head.U8());
        if (freeSpaceVersion != 0 || rootVersion != 0 || sharedVersion != 0)
        {
            throw new Hdf5Exception($"{What} names structure versions that do not exist; the file is damaged.");
        }

        int o = metadata.OffsetSize;
        Cursor tail = new(Take(metadata, fixedPart, (4 * o) + (2 * o) + 24), What);
        ulong baseAddress = tail.Address(o);
        tail.Skip(o);
        ulong end = tail.Address(o);
        ulong driver = tail.Address(o);
        tail.Skip(o);
        ulong root = tail.Address(o);
        if (driver != Hdf5Layout.Undefined)
        {
            throw new Hdf5Exception("is one part of a file split by a driver; this reader takes single files.");
        }

        SetEnd(metadata, baseAddress, end, userBlock);
        return new Superblock(version, root);
    }

    private static Superblock ReadNew(Metadata metadata, int version, long userBlock)
    {
        const string What = "the superblock";
        Cursor head = new(Take(metadata, 8, 4), What);
        head.Skip(1);
        SetSizes(metadata, head.U8(), head.U8());
        int flags = head.U8();
        int o = metadata.OffsetSize;
        byte[] block = Take(metadata, 0, 12 + (4 * o) + 4);
        Metadata.VerifyChecksum(What, block);
        if (version == 3 && (flags & 5) != 0)
        {
            throw new Hdf5Exception("was not closed by the program that wrote it; write it again, or clear its flags with h5clear -s.");
        }

        Cursor tail = new(block, What);
        tail.Skip(12);
        ulong baseAddress = tail.Address(o);
        tail.Skip(o);
        ulong end = tail.Address(o);
        ulong root = tail.Address(o);
        SetEnd(metadata, baseAddress, end, userBlock);
        return new Superblock(version, root);
    }

    private static byte[] Take(Metadata metadata, int start, int length) => metadata.Source.Length >= start + length
        ? metadata.Block("the superblock", (ulong)start, (ulong)length)
        : throw Truncated(metadata.Source.Length, null);

    private static void SetSizes(Metadata metadata, int offsets, int lengths)
    {
        if (offsets is not (4 or 8) || lengths is not (4 or 8))
        {
            throw new Hdf5Exception($"the superblock gives addresses {offsets} bytes and lengths {lengths}; 4 or 8 were expected.");
        }

        metadata.OffsetSize = offsets;
        metadata.LengthSize = lengths;
    }

    private static void SetEnd(Metadata metadata, ulong baseAddress, ulong end, long userBlock)
    {
        if (baseAddress != (ulong)userBlock)
        {
            throw new Hdf5Exception($"the superblock says that it lies at byte {baseAddress}, but it lies at {userBlock}; the file is damaged.");
        }

        // The stored end counts from the start of the file, user block included.
        if (end == Hdf5Layout.Undefined || end <= baseAddress)
        {
            throw new Hdf5Exception("the superblock's end of file makes no sense; the file is damaged.");
        }

        ulong length = end - baseAddress;
        if (length > (ulong)metadata.Source.Length)
        {
            throw Truncated(userBlock + metadata.Source.Length, end);
        }

        metadata.End = (long)length;
    }

    private static Hdf5Exception Truncated(long has, ulong? expected) => new(expected is ulong bytes
        ? $"is truncated: it has {has} of {bytes} bytes. Download or copy it again."
        : $"is truncated: it has only {has} bytes. Download or copy it again.");
}
