using System.Numerics;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Fixed and extensible arrays of chunk addresses.</summary>
internal static class ArrayIndex
{
    public delegate void Visitor(ulong number, ulong address, ulong stored, uint mask);

    /// <summary>Reads a fixed array.</summary>
    public static void ReadFixed(Metadata metadata, ulong address, bool filtered, Visitor visitor, ulong chunkBytes, string what)
    {
        if (address == Hdf5Layout.Undefined)
        {
            return;
        }

        int o = metadata.OffsetSize;
        Cursor head = new(metadata.CheckedBlock(what, address, (ulong)(8 + metadata.LengthSize + o + 4)), what);
        head.Signature("FAHD"u8);
        head.Version(0);
        CheckClient(head.U8(), filtered, what);
        Elements elements = new(metadata, head.U8(), filtered, visitor, chunkBytes, what);
        int pageBits = head.U8();
        ulong count = head.Unsigned(metadata.LengthSize);
        ulong block = head.Address(o);
        if (block == Hdf5Layout.Undefined)
        {
            return;
        }

        elements.CheckCount(count);
        int prefix = 6 + o;
        ulong page = 1UL << Math.Min(pageBits, 40);
        if (count <= page)
        {
            Cursor whole = new(metadata.CheckedBlock(what, block, (ulong)prefix + (count * (ulong)elements.Size) + 4), what);
            CheckBlock(ref whole, "FADB"u8, filtered, address, o, what);
            elements.Visit(ref whole, 0, (int)count);
            return;
        }

        int pages = (int)((count + page - 1) / page);
        int bitmap = (pages + 7) / 8;
        Cursor start = new(metadata.CheckedBlock(what, block, (ulong)(prefix + bitmap + 4)), what);
        CheckBlock(ref start, "FADB"u8, filtered, address, o, what);
        ReadOnlySpan<byte> written = start.Bytes(bitmap);
        ulong at = block + (ulong)(prefix + bitmap + 4);
        for (int i = 0; i < pages; i++)
        {
            int inPage = (int)Math.Min(page, count - ((ulong)i * page));
            elements.VisitPage(IsSet(written, i) ? at : Hdf5Layout.Undefined, (ulong)i * page, inPage, inPage);
            at += (ulong)((inPage * elements.Size) + 4);
        }
    }

    /// <summary>Reads an extensible array: first elements in the index block, then data blocks that double in number and size by turns.</summary>
    public static void ReadExtensible(Metadata metadata, ulong address, bool filtered, Visitor visitor, ulong chunkBytes, string what)
    {
        if (address == Hdf5Layout.Undefined)
        {
            return;
        }

        int o = metadata.OffsetSize;
        int l = metadata.LengthSize;
        Cursor head = new(metadata.CheckedBlock(what, address, (ulong)(12 + (6 * l) + o + 4)), what);
        head.Signature("EAHD"u8);
        head.Version(0);
        CheckClient(head.U8(), filtered, what);
        Elements elements = new(metadata, head.U8(), filtered, visitor, chunkBytes, what);
        int maxBits = head.U8();
        int inIndex = head.U8();
        int minElements = head.U8();
        int minPointers = head.U8();
        int pageBits = head.U8();
        head.Skip(4 * l);
        ulong count = head.Unsigned(l);
        head.Skip(l);
        ulong index = head.Address(o);
        if (maxBits is < 1 or > 64 || !BitOperations.IsPow2(minElements) || minElements == 0 || !BitOperations.IsPow2(minPointers) || minPointers < 2 || pageBits > 30)
        {
            throw new Hdf5Exception($"{what} has parameters that it cannot have; the file is damaged.");
        }

        if (index == Hdf5Layout.Undefined)
        {
            return;
        }

        elements.CheckCount(count);
        int superBlocks = 1 + maxBits - BitOperations.Log2((uint)minElements);
        int firstBlocks = 2 * BitOperations.Log2((uint)minPointers);
        int direct = 2 * (minPointers - 1);
        int indirect = superBlocks - firstBlocks;
        if (indirect < 0)
        {
            throw new Hdf5Exception($"{what} has parameters that it cannot have; the file is damaged.");
        }

        Cursor block = new(metadata.CheckedBlock(what, index, (ulong)(6 + o + (inIndex * elements.Size) + ((direct + indirect) * o) + 4)), what);
        CheckBlock(ref block, "EAIB"u8, filtered, address, o, what);
        int first = (int)Math.Min((ulong)inIndex, count);
        elements.Visit(ref block, 0, first);
        block.Skip((inIndex - first) * elements.Size);
        ExtensibleBlocks blocks = new(metadata, address, filtered, elements, (maxBits + 7) / 8, pageBits, count, what);
        ulong number = (ulong)inIndex;
        for (int s = 0; s < superBlocks && number < count; s++)
        {
            int dataBlocks = 1 << (s / 2);
            ulong perBlock = (ulong)minElements << ((s + 1) / 2);
            if (s < firstBlocks)
            {
                for (int i = 0; i < dataBlocks; i++)
                {
                    blocks.ReadData(block.Address(o), number, perBlock, [], 0);
                    number += perBlock;
                }
            }
            else
            {
                blocks.ReadSuper(block.Address(o), number, dataBlocks, perBlock);
                number += (ulong)dataBlocks * perBlock;
            }
        }
    }

    internal static void CheckClient(int client, bool filtered, string what)
    {
        if (client != (filtered ? 1 : 0))
        {
            throw new Hdf5Exception($"{what} is of kind {client}, which does not fit the dataset's filters; the file is damaged.");
        }
    }

    internal static void CheckBlock(ref Cursor cursor, ReadOnlySpan<byte> signature, bool filtered, ulong owner, int offsetSize, string what)
    {
        cursor.Signature(signature);
        cursor.Version(0);
        CheckClient(cursor.U8(), filtered, what);
        if (cursor.Address(offsetSize) != owner)
        {
            throw new Hdf5Exception($"{what} has a block that belongs elsewhere; the file is damaged.");
        }
    }

    internal static bool IsSet(ReadOnlySpan<byte> bitmap, int bit) => (bitmap[bit / 8] & (0x80 >> (bit % 8))) != 0;

    /// <summary>The elements of either array: an address, and with filters the stored size and the mask.</summary>
    internal sealed class Elements
    {
        private readonly Metadata _metadata;
        private readonly bool _filtered;
        private readonly Visitor _visitor;
        private readonly ulong _chunkBytes;
        private readonly string _what;
        private readonly int _sizeBytes;

        public Elements(Metadata metadata, int size, bool filtered, Visitor visitor, ulong chunkBytes, string what)
        {
            _metadata = metadata;
            Size = size;
            _filtered = filtered;
            _visitor = visitor;
            _chunkBytes = chunkBytes;
            _what = what;
            _sizeBytes = size - metadata.OffsetSize - 4;
            if (filtered ? _sizeBytes is < 1 or > 8 : size != metadata.OffsetSize)
            {
                throw new Hdf5Exception($"{what} has elements of {size} bytes, which it cannot have; the file is damaged.");
            }
        }

        /// <summary>Bytes of one.</summary>
        public int Size { get; }

        public void CheckCount(ulong count)
        {
            if (count > Hdf5Layout.MaxChunks)
            {
                throw new Hdf5Exception($"{_what} has {count} elements, this reader takes {Hdf5Layout.MaxChunks}; the file is damaged, or its chunks are too small: rewrite it with 'h5repack -f NONE -l CONTI IN OUT'.");
            }
        }

        public void Visit(ref Cursor cursor, ulong firstNumber, int count)
        {
            for (int i = 0; i < count; i++)
            {
                ulong address = cursor.Address(_metadata.OffsetSize);
                ulong stored = _filtered ? cursor.Unsigned(_sizeBytes) : _chunkBytes;
                _visitor(firstNumber + (ulong)i, address, stored, _filtered ? cursor.U32() : 0);
            }
        }

        /// <summary>A page: elements and their checksum. One that was never written has no address.</summary>
        /// <param name="address">Of the page.</param>
        /// <param name="firstNumber">Of its first element.</param>
        /// <param name="count">Elements wanted.</param>
        /// <param name="length">Elements that it has.</param>
        public void VisitPage(ulong address, ulong firstNumber, int count, int length)
        {
            if (address == Hdf5Layout.Undefined)
            {
                return;
            }

            Cursor page = new(_metadata.CheckedBlock(_what, address, ((ulong)length * (ulong)Size) + 4), _what);
            Visit(ref page, firstNumber, count);
        }
    }

    private sealed class ExtensibleBlocks(Metadata metadata, ulong owner, bool filtered, Elements elements, int offsetBytes, int pageBits, ulong count, string what)
    {
        public void ReadSuper(ulong address, ulong number, int dataBlocks, ulong perBlock)
        {
            if (address == Hdf5Layout.Undefined)
            {
                return;
            }

            int o = metadata.OffsetSize;
            int pages = Pages(perBlock);
            int bitmap = (pages + 7) / 8;
            long size = 6 + o + offsetBytes + ((long)dataBlocks * (bitmap + o)) + 4;
            Cursor block = new(metadata.CheckedBlock(what, address, (ulong)size), what);
            CheckBlock(ref block, "EASB"u8, filtered, owner, o, what);
            block.Skip(offsetBytes);
            // Room is kept for whole bytes per data block, but the bits are numbered through.
            ReadOnlySpan<byte> written = block.Bytes(dataBlocks * bitmap);
            for (int i = 0; i < dataBlocks; i++)
            {
                ReadData(block.Address(o), number, perBlock, written, i * pages);
                number += perBlock;
            }
        }

        public void ReadData(ulong address, ulong number, ulong perBlock, ReadOnlySpan<byte> written, int firstPage)
        {
            if (address == Hdf5Layout.Undefined || number >= count)
            {
                return;
            }

            int o = metadata.OffsetSize;
            int prefix = 6 + o + offsetBytes;
            int used = (int)Math.Min(perBlock, count - number);
            int pages = Pages(perBlock);
            if (pages == 0)
            {
                Cursor whole = new(metadata.CheckedBlock(what, address, (ulong)prefix + (perBlock * (ulong)elements.Size) + 4), what);
                CheckBlock(ref whole, "EADB"u8, filtered, owner, o, what);
                whole.Skip(offsetBytes);
                elements.Visit(ref whole, number, used);
                return;
            }

            Cursor start = new(metadata.CheckedBlock(what, address, (ulong)(prefix + 4)), what);
            CheckBlock(ref start, "EADB"u8, filtered, owner, o, what);
            int page = 1 << pageBits;
            ulong at = address + (ulong)(prefix + 4);
            for (int i = 0; i < pages && used > 0; i++)
            {
                // Without a bitmap (in blocks the index points at directly) pages cannot be told from unwritten ones.
                bool there = written.Length == 0 || IsSet(written, firstPage + i);
                elements.VisitPage(there ? at : Hdf5Layout.Undefined, number, Math.Min(page, used), page);
                at += (ulong)((page * elements.Size) + 4);
                number += (ulong)page;
                used -= page;
            }
        }

        private int Pages(ulong perBlock) => perBlock > 1UL << pageBits ? (int)(perBlock >> pageBits) : 0;
    }
}
