using System.Collections.Immutable;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>The extent of a dataset or an attribute.</summary>
/// <param name="Dimensions">Sizes; empty for a single value.</param>
/// <param name="Maximum">Largest sizes, <see cref="Hdf5Layout.Undefined"/> for unlimited.</param>
/// <param name="IsNull">There is no value at all.</param>
internal sealed record Dataspace(ImmutableArray<ulong> Dimensions, ImmutableArray<ulong> Maximum, bool IsNull)
{
    /// <summary>Number of elements.</summary>
    /// <exception cref="Hdf5Exception">More than 2^62.</exception>
    public long Count(string what)
    {
        if (IsNull)
        {
            return 0;
        }

        UInt128 count = 1;
        foreach (ulong dimension in Dimensions)
        {
            count *= dimension;
            if (count > 1UL << 62)
            {
                throw new Hdf5Exception($"{what} has the absurd shape {this}; the file is damaged.");
            }
        }

        return (long)count;
    }

    public static Dataspace Parse(ReadOnlySpan<byte> bytes, int lengthSize, string what)
    {
        Cursor cursor = new(bytes, $"the shape of {what}");
        int version = cursor.U8();
        int rank = cursor.U8();
        int flags = cursor.U8();
        bool isNull = false;
        if (version == 1)
        {
            cursor.Skip(5);
        }
        else if (version == 2)
        {
            int type = cursor.U8();
            isNull = type == 2;
            if (type > 2 || (type != 1 && rank != 0))
            {
                throw new Hdf5Exception($"the shape of {what} is of no known kind; the file is damaged.");
            }
        }
        else
        {
            throw new Hdf5Exception($"the shape of {what} has version {version}; the file is damaged or newer than this reader.");
        }

        if (rank > 32 || (flags & ~1) != 0)
        {
            throw new Hdf5Exception($"the shape of {what} has {rank} dimensions or unknown flags; the file is damaged.");
        }

        ImmutableArray<ulong> dimensions = Sizes(ref cursor);
        ImmutableArray<ulong> maximum = (flags & 1) != 0 ? Sizes(ref cursor) : dimensions;
        for (int i = 0; i < rank; i++)
        {
            if (dimensions[i] > maximum[i])
            {
                throw new Hdf5Exception($"the shape of {what} exceeds its own maximum; the file is damaged.");
            }
        }

        return new Dataspace(dimensions, maximum, isNull);

        ImmutableArray<ulong> Sizes(ref Cursor at)
        {
            ulong[] sizes = new ulong[rank];
            for (int i = 0; i < rank; i++)
            {
                sizes[i] = at.Address(lengthSize);
            }

            return [.. sizes];
        }
    }

    public override string ToString() => $"({string.Join(", ", Dimensions)})";
}
