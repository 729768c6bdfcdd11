using System.Buffers.Binary;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>One message of an object header.</summary>
internal readonly record struct HeaderMessage(int Type, int Flags, ReadOnlyMemory<byte> Data)
{
    /// <summary>Whether the data are only a pointer to a message kept elsewhere.</summary>
    public bool IsShared => (Flags & 2) != 0;
}

/// <summary>An object header, versions 1 and 2, with all its continuation blocks.</summary>
internal sealed class ObjectHeader
{
    private const int MaxMessages = 4096;
    private readonly List<HeaderMessage> _messages = [];

    private ObjectHeader(ulong address, string what)
    {
        Address = address;
        What = what;
    }

    /// <summary>Where it lies; tells one object from another.</summary>
    public ulong Address { get; }

    /// <summary>Whose header it is, for messages.</summary>
    public string What { get; }

    public IReadOnlyList<HeaderMessage> Messages => _messages;

    /// <summary>Finds the only message of a type.</summary>
    /// <exception cref="Hdf5Exception">There are two, or it is a shared one.</exception>
    public HeaderMessage? Find(int type)
    {
        HeaderMessage? found = null;
        foreach (HeaderMessage message in _messages)
        {
            if (message.Type != type)
            {
                continue;
            }

            if (found is not null)
            {
                throw new Hdf5Exception($"{What} has two messages of type {type}; the file is damaged.");
            }

            found = message;
        }

        return found is { IsShared: true }
            ? throw new Hdf5Exception($"{What} keeps its message of type {type} in another object (a committed datatype or shared message); this reader does not take that. Copy the file with h5repack.")
            : found;
    }

    public static ObjectHeader Read(Metadata metadata, ulong address, string what)
    {
        string name = $"the header of {what}";
        ObjectHeader header = new(address, what);
        byte[] start = metadata.Block(name, address, 8);
        if (start.AsSpan(0, 4).SequenceEqual("OHDR"u8))
        {
            header.ReadNew(metadata, name, start);
        }
        else
        {
            header.ReadOld(metadata, name, start);
        }

        return header;
    }

    private void ReadOld(Metadata metadata, string name, byte[] start)
    {
        if (start[0] != 1 || start[1] != 0)
        {
            throw new Hdf5Exception($"{name} is not one; the file is damaged.");
        }

        int declared = BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(2));
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(metadata.Block(name, Address + 8, 4));
        Queue<(ulong, ulong)> blocks = new([(Address + 16, size)]);
        HashSet<ulong> visited = [];
        int count = 0;
        while (blocks.TryDequeue(out (ulong Address, ulong Length) block))
        {
            if (!visited.Add(block.Address))
            {
                throw new Hdf5Exception($"{name} continues in a circle; the file is damaged.");
            }

            byte[] bytes = metadata.Block(name, block.Address, block.Length);
            Cursor cursor = new(bytes, name);
            while (cursor.Remaining >= 8)
            {
                int type = cursor.U16();
                int length = cursor.U16();
                int flags = cursor.U8();
                cursor.Skip(3);
                if (length % 8 != 0)
                {
                    throw new Hdf5Exception($"{name} has a message of {length} bytes, no multiple of 8; the file is damaged.");
                }

                int at = cursor.Position;
                cursor.Skip(length);
                count++;
                Add(metadata, name, new HeaderMessage(type, flags, bytes.AsMemory(at, length)), blocks);
            }
        }

        // Some writers count a trailing gap, none counts fewer than there are.
        if (count != declared)
        {
            throw new Hdf5Exception($"{name} has {count} messages where it declares {declared}; the file is damaged.");
        }
    }

    private void ReadNew(Metadata metadata, string name, byte[] start)
    {
        if (start[4] != 2)
        {
            throw new Hdf5Exception($"{name} has version {start[4]}; 1 and 2 are known.");
        }

        int headerFlags = start[5];
        int sizeBytes = 1 << (headerFlags & 3);
        int prefix = 6 + ((headerFlags & 0x20) != 0 ? 16 : 0) + ((headerFlags & 0x10) != 0 ? 4 : 0);
        Cursor sizeCursor = new(metadata.Block(name, Address + (ulong)prefix, (ulong)sizeBytes), name);
        ulong size = sizeCursor.Unsigned(sizeBytes);
        if (size > Hdf5Layout.MaxBlock)
        {
            throw new Hdf5Exception($"{name} is said to be {size} bytes; the file is damaged.");
        }

        ulong total = (ulong)prefix + (ulong)sizeBytes + size + 4;
        byte[] block = metadata.CheckedBlock(name, Address, total);
        Queue<(ulong, ulong)> blocks = new();
        HashSet<ulong> visited = [];
        ReadNewMessages(metadata, name, block.AsMemory(prefix + sizeBytes, (int)size), headerFlags, blocks);
        while (blocks.TryDequeue(out (ulong Address, ulong Length) next))
        {
            if (!visited.Add(next.Address))
            {
                throw new Hdf5Exception($"{name} continues in a circle; the file is damaged.");
            }

            byte[] bytes = metadata.CheckedBlock(name, next.Address, next.Length);
            if (bytes.Length < 8 || !bytes.AsSpan(0, 4).SequenceEqual("OCHK"u8))
            {
                throw new Hdf5Exception($"{name} continues in something that is no continuation; the file is damaged.");
            }

            ReadNewMessages(metadata, name, bytes.AsMemory(4, bytes.Length - 8), headerFlags, blocks);
        }
    }

    private void ReadNewMessages(Metadata metadata, string name, ReadOnlyMemory<byte> bytes, int headerFlags, Queue<(ulong, ulong)> blocks)
    {
        bool ordered = (headerFlags & 4) != 0;
        Cursor cursor = new(bytes.Span, name);
        // What is left at the end and too short for a message is a gap.
        while (cursor.Remaining >= (ordered ? 6 : 4))
        {
            int type = cursor.U8();
            int length = cursor.U16();
            int flags = cursor.U8();
            if (ordered)
            {
                cursor.Skip(2);
            }

            int at = cursor.Position;
            cursor.Skip(length);
            Add(metadata, name, new HeaderMessage(type, flags, bytes.Slice(at, length)), blocks);
        }
    }

    private void Add(Metadata metadata, string name, HeaderMessage message, Queue<(ulong, ulong)> blocks)
    {
        if (message.Type == Hdf5Layout.MessageType.Continuation)
        {
            Cursor cursor = new(message.Data.Span, name);
            blocks.Enqueue((cursor.Address(metadata.OffsetSize), cursor.Unsigned(metadata.LengthSize)));
            return;
        }

        if (message.Type > Hdf5Layout.MessageType.Last)
        {
            throw new Hdf5Exception($"{name} has a message of the unknown type {message.Type}; the file is damaged or newer than this reader.");
        }

        if (message.Type == Hdf5Layout.MessageType.Nil)
        {
            return;
        }

        if (_messages.Count >= MaxMessages)
        {
            throw new Hdf5Exception($"{name} has more than {MaxMessages} messages; the file is damaged or made to exhaust its reader.");
        }

        _messages.Add(message);
    }
}
