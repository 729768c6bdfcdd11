namespace VggCuda.Hdf5Loader.Format;

/// <summary>The classes of datatypes that weight files use.</summary>
internal enum DatatypeClass
{
    FixedPoint = 0,
    Float = 1,
    String = 3,
    Opaque = 5,
    VariableLength = 9,
}

/// <summary>The datatype of a dataset or an attribute.</summary>
/// <param name="Class">Its class number.</param>
/// <param name="Size">Bytes of one element.</param>
/// <param name="Number">Which floating-point number it is, where it is one that this reader knows.</param>
/// <param name="Text">How to decode it, where it is a string.</param>
internal sealed record Datatype(int Class, int Size, NumberFormat? Number, StringFormat? Text)
{
    public static Datatype Parse(ReadOnlySpan<byte> bytes, string what)
    {
        string name = $"the datatype of {what}";
        Cursor cursor = new(bytes, name);
        int classAndVersion = cursor.U8();
        int version = classAndVersion >> 4;
        uint bits = (uint)cursor.Unsigned(3);
        uint size = cursor.U32();
        if (version is < 1 or > 5 || size == 0 || size > int.MaxValue)
        {
            throw new Hdf5Exception($"{name} has version {version} and {size} bytes; the file is damaged.");
        }

        int kind = classAndVersion & 15;
        return new Datatype(kind, (int)size, ParseNumber(kind, bits, (int)size, ref cursor), ParseText(kind, bits, (int)size, ref cursor, name));
    }

    /// <summary>What to call it, in NumPy's words where there are some.</summary>
    public override string ToString() => Number is NumberFormat number ? number.ToString() : Class switch
    {
        0 => $"{8 * Size}-bit integer",
        1 => $"{8 * Size}-bit float of an unusual form",
        3 => "string",
        5 => $"opaque ({Size} bytes)",
        6 => "compound",
        8 => "enumeration",
        9 => Text is null ? "variable-length sequence" : "variable-length string",
        10 => "array",
        _ => $"datatype of class {Class}",
    };

    private static NumberFormat? ParseNumber(int kind, uint bits, int size, ref Cursor cursor)
    {
        if (kind != (int)DatatypeClass.Float)
        {
            return null;
        }

        int offset = cursor.U16();
        int precision = cursor.U16();
        (int, int, int, int, uint) fields = (cursor.U8(), cursor.U8(), cursor.U8(), cursor.U8(), cursor.U32());
        uint sign = (bits >> 8) & 0xFF;
        // Byte order in bits 0 and 6, no padding, implied leading one (2 in bits 4 and 5).
        if ((bits & ~0xFF01u) != 0x20 || offset != 0 || precision != 8 * size || sign != precision - 1)
        {
            return null;
        }

        NumberKind? number = (size, fields) switch
        {
            (4, (23, 8, 0, 23, 127)) => NumberKind.Float32,
            (2, (10, 5, 0, 10, 15)) => NumberKind.Float16,
            (8, (52, 11, 0, 52, 1023)) => NumberKind.Float64,
            (2, (7, 8, 0, 7, 127)) => NumberKind.BFloat16,
            _ => null,
        };
        return number is NumberKind known ? new NumberFormat(known, (bits & 1) != 0) : null;
    }

    private static StringFormat? ParseText(int kind, uint bits, int size, ref Cursor cursor, string name)
    {
        if (kind == (int)DatatypeClass.String)
        {
            return new StringFormat(false, Padding(bits & 15), size);
        }

        if (kind != (int)DatatypeClass.VariableLength || (bits & 15) != 1)
        {
            return null;
        }

        return size == 16 || size == 12
            ? new StringFormat(true, Padding((bits >> 4) & 15), size)
            : throw new Hdf5Exception($"{name} is a variable-length string of {size} bytes; the file is damaged.");

        int Padding(uint value) => value <= 2 ? (int)value : throw new Hdf5Exception($"{name} pads its strings in no known way; the file is damaged.");
    }
}

/// <summary>How strings are stored.</summary>
/// <param name="IsVariable">In the global heap, not in place.</param>
/// <param name="Padding">0: ended by a zero byte, 1: filled up with zero bytes, 2: with spaces.</param>
/// <param name="Size">Bytes in place.</param>
internal readonly record struct StringFormat(bool IsVariable, int Padding, int Size);
