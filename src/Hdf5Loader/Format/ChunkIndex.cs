using System.Collections.Immutable;
using System.Numerics;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Reads the indexes by which chunks are found: version 1 B-trees, and the five indexes of the newer layout.</summary>
internal static class ChunkIndex
{
    /// <summary>A version 1 B-tree: keys of stored size, filter mask and offsets in elements.</summary>
    public static void ReadTree(Metadata metadata, ulong address, ChunkMap map, string what)
    {
        int rank = map.Shape.Length;
        string name = $"the chunk index of {what}";
        HashSet<ulong> visited = [];
        ulong[] place = new ulong[rank];
        ReadNode(address, -1);

        void ReadNode(ulong at, int level)
        {
            BTree1.Node node = BTree1.ReadNode(metadata, at, 1, 8 + (8 * (rank + 1)), level, visited, name);
            for (int i = 0; i < node.Entries; i++)
            {
                Cursor entry = node.Entry(i);
                uint stored = entry.U32();
                uint mask = entry.U32();
                for (int d = 0; d < rank; d++)
                {
                    (ulong quotient, ulong rest) = Math.DivRem(entry.U64(), (ulong)map.ChunkShape[d]);
                    place[d] = rest == 0 ? quotient : throw new Hdf5Exception($"{name} has a chunk between two places; the file is damaged.");
                }

                entry.Skip(8);
                ulong child = entry.Address(metadata.OffsetSize);
                if (node.Level > 0)
                {
                    ReadNode(child, node.Level - 1);
                }
                else
                {
                    map.Add(metadata, place, child, stored, mask);
                }
            }
        }
    }

    /// <summary>The index of a version 4 layout.</summary>
    /// <param name="metadata">The file.</param>
    /// <param name="kind">1 single chunk, 2 implicit, 3 fixed array, 4 extensible array, 5 version 2 B-tree.</param>
    /// <param name="cursor">At the index's own parameters in the layout message.</param>
    /// <param name="singleIsFiltered">Whether a single chunk's size and mask are given.</param>
    /// <param name="maximum">The dataset's largest shape: fixed indexes count by it.</param>
    /// <param name="map">Filled.</param>
    /// <param name="what">For messages.</param>
    public static void ReadNew(Metadata metadata, int kind, ref Cursor cursor, bool singleIsFiltered, ImmutableArray<ulong> maximum, ChunkMap map, string what)
    {
        int o = metadata.OffsetSize;
        ulong chunkBytes = (ulong)map.ChunkBytes;
        switch (kind)
        {
            case 1:
                ulong stored = singleIsFiltered ? cursor.Unsigned(metadata.LengthSize) : chunkBytes;
                uint mask = singleIsFiltered ? cursor.U32() : 0;
                if (map.Count != 1)
                {
                    throw new Hdf5Exception($"{what} is said to be a single chunk, but its shape takes {map.Count}; the file is damaged.");
                }

                AddIfWritten(cursor.Address(o), stored, mask, new ulong[map.Shape.Length]);
                break;
            case 2:
                ReadImplicit(cursor.Address(o));
                break;
            case 3:
                cursor.Skip(1);
                ArrayIndex.ReadFixed(metadata, cursor.Address(o), map.Filters.Filters.Length > 0, Numbered(Counts(), -1), chunkBytes, $"the chunk index of {what}");
                break;
            case 4:
                cursor.Skip(5);
                ArrayIndex.ReadExtensible(metadata, cursor.Address(o), map.Filters.Filters.Length > 0, Numbered(Counts(), maximum.IndexOf(Hdf5Layout.Undefined)), chunkBytes, $"the chunk index of {what}");
                break;
            case 5:
                cursor.Skip(6);
                ReadTree2(cursor.Address(o));
                break;
            default:
                throw new Hdf5Exception($"{what} has a chunk index of the unknown kind {kind}; the file is damaged or newer than this reader.");
        }

        ulong[] Counts() => [.. maximum.Select((m, i) => m == Hdf5Layout.Undefined ? (ulong)map.Grid[i] : ((m - 1) / (ulong)map.ChunkShape[i]) + 1)];

        void AddIfWritten(ulong address, ulong size, uint filterMask, ulong[] place)
        {
            if (address != Hdf5Layout.Undefined)
            {
                map.Add(metadata, place, address, size, filterMask);
            }
        }

        // Turns a chunk's number into its place. The dimension without limit, where there is one, counts slowest.
        ArrayIndex.Visitor Numbered(ulong[] counts, int slowest)
        {
            int rank = counts.Length;
            int[] order = [.. Enumerable.Range(0, rank).OrderBy(d => d == slowest ? 0 : 1)];
            ulong[] place = new ulong[rank];
            return (number, address, size, filterMask) =>
            {
                UInt128 rest = number;
                for (int i = rank - 1; i >= 0; i--)
                {
                    int d = order[i];
                    if (i == 0)
                    {
                        place[d] = (ulong)rest;
                        break;
                    }

                    place[d] = (ulong)(rest % counts[d]);
                    rest /= counts[d];
                }

                AddIfWritten(address, size, filterMask, place);
            };
        }

        void ReadImplicit(ulong start)
        {
            if (map.Filters.Filters.Length > 0)
            {
                throw new Hdf5Exception($"{what} has filters and an index that allows none; the file is damaged.");
            }

            if (start == Hdf5Layout.Undefined)
            {
                return;
            }

            ulong[] counts = Counts();
            ulong total = 1;
            foreach (ulong count in counts)
            {
                total = Math.BigMul(total, count, out ulong low) == 0 ? low : ulong.MaxValue;
            }

            if (total > Hdf5Layout.MaxChunks)
            {
                throw new Hdf5Exception($"{what} may grow to {total} chunks; this reader takes up to {Hdf5Layout.MaxChunks}.");
            }

            ArrayIndex.Visitor visit = NumberedInside(counts);
            for (ulong i = 0; i < total; i++)
            {
                visit(i, start + (i * chunkBytes), chunkBytes, 0);
            }
        }

        // As Numbered, but leaves out places that only a grown dataset would have.
        ArrayIndex.Visitor NumberedInside(ulong[] counts)
        {
            ulong[] place = new ulong[counts.Length];
            return (number, address, size, filterMask) =>
            {
                ulong rest = number;
                bool inside = true;
                for (int d = counts.Length - 1; d >= 0; d--)
                {
                    (rest, place[d]) = Math.DivRem(rest, counts[d]);
                    inside &= place[d] < (ulong)map.Grid[d];
                }

                if (inside)
                {
                    map.Add(metadata, place, address, size, filterMask);
                }
            };
        }

        void ReadTree2(ulong address)
        {
            bool filtered = map.Filters.Filters.Length > 0;
            int rank = map.Shape.Length;
            ulong[] place = new ulong[rank];
            string name = $"the chunk index of {what}";
            if (address == Hdf5Layout.Undefined)
            {
                return;
            }

            BTree2.Visit(metadata, address, filtered ? 11 : 10, map.Count, name, record =>
            {
                Cursor at = new(record, name);
                ulong chunkAddress = at.Address(o);
                int sizeBytes = record.Length - o - 4 - (8 * rank);
                ulong size = filtered ? at.Unsigned(sizeBytes is >= 1 and <= 8 ? sizeBytes : throw new Hdf5Exception($"{name} has records of {record.Length} bytes; the file is damaged.")) : chunkBytes;
                uint filterMask = filtered ? at.U32() : 0;
                for (int d = 0; d < rank; d++)
                {
                    place[d] = at.U64();
                }

                map.Add(metadata, place, chunkAddress, size, filterMask);
            });
        }
    }
}
