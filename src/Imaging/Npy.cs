using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VggCuda.Engine.Files;

namespace VggCuda.Imaging;

/// <summary>NumPy's array files, for images as numbers.</summary>
/// <remarks>Format: NumPy Enhancement Proposal 1, and the documentation of <c>numpy.lib.format</c>; versions 1.0 to 3.0 are read, 1.0 is written. Any thread, any number at once.</remarks>
public static class Npy
{
    /// <summary>The longest array file that is read, in bytes.</summary>
    public const long MaxFileBytes = 256L * 1024 * 1024;

    // NumPy's own headers have at most some hundred bytes.
    private const int MaxHeaderBytes = 64 * 1024;
    private const string Expected = "expected float32, float64 or uint8 of shape (H, W, 3) or (N, H, W, C)";

    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads an image (H, W, 3) or a batch of images (N, H, W, C).</summary>
    /// <param name="path">The file.</param>
    /// <returns>The numbers in C order; an array stored in Fortran order is turned round.</returns>
    /// <exception cref="PictureException">The file is missing, no .npy, cut short or too long; or its type or shape is another one,
    /// or a number is not finite (or beyond float32).</exception>
    public static NpyArray Read(string path) => Decode(FileContent.Read(path, MaxFileBytes), path);

    /// <summary>Reads one image of an exact size, such as a start image.</summary>
    /// <param name="path">The file, of shape (H, W, 3) or (1, H, W, 3).</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <returns>(height, width, 3) in C order.</returns>
    /// <exception cref="PictureException">As <see cref="Read"/>, or the shape is another one.</exception>
    public static float[] ReadImage(string path, int height, int width) => ImageOf(Read(path), path, height, width);

    /// <summary>One image of an exact size from an array that has been read.</summary>
    /// <param name="array">Of shape (H, W, 3) or (1, H, W, 3).</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <returns>(height, width, 3) in C order.</returns>
    /// <exception cref="PictureException">The shape is another one.</exception>
    public static float[] ImageOf(NpyArray array, string name, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(array);
        ReadOnlySpan<int> shape = array.Shape.AsSpan();
        if (shape.Length == 4 && shape[0] == 1)
        {
            shape = shape[1..];
        }

        return shape.SequenceEqual([height, width, 3])
            ? array.ToSingles()
            : throw new PictureException(name, $"the array has shape {Show(array.Shape)}; expected ({height}, {width}, 3) or (1, {height}, {width}, 3).");
    }

    /// <summary>Decodes an array file held in memory; see <see cref="Read"/>.</summary>
    /// <param name="bytes">The content of a .npy file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="PictureException">As <see cref="Read"/>.</exception>
    public static NpyArray Decode(ReadOnlyMemory<byte> bytes, string name)
    {
        ReadOnlySpan<byte> rest = bytes.Span;
        if (!rest.StartsWith(Magic))
        {
            string kind = FileContent.Describe(rest);
            throw new PictureException(name, rest.IsEmpty ? $"the file is empty; {Expected} in a .npy file."
                : kind.StartsWith("a zip", StringComparison.Ordinal) ? "this is a zip archive, perhaps .npz; expected a .npy file with one array (numpy.save)."
                : kind == "a Python pickle" ? "this is a Python pickle, which is not read because it may hold programs; expected a .npy file (numpy.save)."
                : $"this is {kind}; expected a NumPy array (.npy).");
        }

        (NpyHeader header, int start) = ReadHeader(rest, name);
        NpyType type = TypeOf(header.Descr, name);
        ImmutableArray<int> shape = CheckShape(header.Shape, name);
        rest = rest[start..];
        long needed = shape.Aggregate(1L, (product, extent) => product * extent) * SizeOf(type);
        if (rest.Length != needed)
        {
            throw new PictureException(name, rest.Length < needed
                ? $"the file is cut short: shape {Show(shape)} needs {needed} bytes of numbers, {rest.Length} are there."
                : $"the file goes on after the array: shape {Show(shape)} needs {needed} bytes of numbers, {rest.Length} are there.");
        }

        double[] values = ReadValues(rest, type, name, header.FortranOrder ? [.. shape.Reverse()] : shape);
        return new NpyArray(type, shape, header.FortranOrder ? Transpose(values, shape.AsSpan()) : values);
    }

    /// <summary>Encodes an array as .npy, version 1.0, C order, <c>&lt;f4</c>.</summary>
    /// <param name="shape">The extents; their product is the number of values.</param>
    /// <param name="values">The values in C order.</param>
    /// <exception cref="ArgumentException">The shape does not fit the number of values.</exception>
    public static byte[] Encode(ReadOnlySpan<int> shape, ReadOnlySpan<float> values)
    {
        byte[] file = Begin(NpyType.Float32, shape, values.Length, out int at);
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(at), value);
            at += sizeof(float);
        }

        return file;
    }

    /// <summary>Encodes an array as .npy, version 1.0, C order, <c>&lt;f8</c>.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{int}, ReadOnlySpan{float})"/>
    public static byte[] Encode(ReadOnlySpan<int> shape, ReadOnlySpan<double> values)
    {
        byte[] file = Begin(NpyType.Float64, shape, values.Length, out int at);
        foreach (double value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(file.AsSpan(at), value);
            at += sizeof(double);
        }

        return file;
    }

    /// <summary>Encodes an array as .npy, version 1.0, C order, <c>|u1</c>.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{int}, ReadOnlySpan{float})"/>
    public static byte[] Encode(ReadOnlySpan<int> shape, ReadOnlySpan<byte> values)
    {
        byte[] file = Begin(NpyType.UInt8, shape, values.Length, out int at);
        values.CopyTo(file.AsSpan(at));
        return file;
    }

    /// <summary>Writes float32 values as a .npy file; the file is whole or not there at all.</summary>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="shape">The extents; their product is the number of values.</param>
    /// <param name="values">The values in C order.</param>
    /// <exception cref="ArgumentException">The shape does not fit the number of values.</exception>
    /// <exception cref="IOException">The file cannot be written; the message is fit to be shown to a user.</exception>
    public static void Write(string path, ReadOnlySpan<int> shape, ReadOnlySpan<float> values) => StagedFiles.Write(path, Encode(shape, values));

    /// <summary>Writes float64 values as a .npy file; the file is whole or not there at all.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{int}, ReadOnlySpan{float})"/>
    public static void Write(string path, ReadOnlySpan<int> shape, ReadOnlySpan<double> values) => StagedFiles.Write(path, Encode(shape, values));

    /// <summary>Writes bytes as a .npy file; the file is whole or not there at all.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{int}, ReadOnlySpan{float})"/>
    public static void Write(string path, ReadOnlySpan<int> shape, ReadOnlySpan<byte> values) => StagedFiles.Write(path, Encode(shape, values));

    private static (NpyHeader Header, int DataStart) ReadHeader(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 10)
        {
            throw new PictureException(name, "the .npy file is cut short within its header.");
        }

        byte major = file[6];
        if (major is < 1 or > 3 || file[7] != 0)
        {
            throw new PictureException(name, $"the .npy file is of version {major}.{file[7]}; versions 1.0, 2.0 and 3.0 are read.");
        }

        int start = major == 1 ? 10 : 12;
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(file[8..])
            : file.Length >= 12 ? BinaryPrimitives.ReadUInt32LittleEndian(file[8..]) : 0;
        if (length > MaxHeaderBytes)
        {
            throw new PictureException(name, $"the .npy header claims {length} bytes; a header of numbers has a few hundred.");
        }

        if (file.Length < start + length)
        {
            throw new PictureException(name, "the .npy file is cut short within its header.");
        }

        ReadOnlySpan<byte> raw = file.Slice(start, (int)length);
        string text = (major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(raw);
        return (NpyHeader.Parse(text) ?? throw new PictureException(name, "the .npy header is not understood; expected descr, fortran_order and shape."), start + (int)length);
    }

    private static NpyType TypeOf(string descr, string name) => descr switch
    {
        // Without a sign, or with '=', the order is the reading machine's; all of ours are little endian.
        "<f4" or "f4" or "=f4" => NpyType.Float32,
        "<f8" or "f8" or "=f8" => NpyType.Float64,
        "|u1" or "u1" or "<u1" or ">u1" or "=u1" => NpyType.UInt8,
        "|O" or "O" => throw new PictureException(name, $"the array holds Python objects, which are not read because they may be programs; {Expected}."),
        _ when descr.StartsWith('[') => throw new PictureException(name, $"the array is a structured one; {Expected}."),
        _ when descr.StartsWith('>') => throw new PictureException(name, $"the numbers are big endian ('{descr}'); {Expected}, little endian (array.astype('<f4'))."),
        _ => throw new PictureException(name, $"the numbers are of type '{descr}'; {Expected} (array.astype('float32'))."),
    };

    private static ImmutableArray<int> CheckShape(long[] shape, string name)
    {
        string? hint = shape switch
        {
            [_, _] => "a grey image needs three equal channels (numpy.stack([a] * 3, -1))",
            [3, _, > 4] => "channels come last (numpy.moveaxis)",
            [_, _, 4] => "leave out the fourth channel (a[..., :3])",
            [_, _, 3] or [_, _, _, _] => null,
            _ => string.Empty,
        };
        if (hint is not null)
        {
            throw new PictureException(name, $"the array has shape {Show(shape)}; {Expected}{(hint.Length > 0 ? $": {hint}" : string.Empty)}.");
        }

        long count = 1;
        foreach (long extent in shape)
        {
            // Each factor is below 2^31 and the product is checked before it is multiplied on, so it cannot overflow.
            if (extent is < 1 or > int.MaxValue || (count *= extent) > MaxFileBytes)
            {
                throw new PictureException(name, $"the array has shape {Show(shape)}; every extent must be at least 1, and at most {MaxFileBytes / (1024 * 1024)} MiB are read.");
            }
        }

        return [.. shape.Select(e => (int)e)];
    }

    private static double[] ReadValues(ReadOnlySpan<byte> data, NpyType type, string name, ImmutableArray<int> storedShape)
    {
        int size = SizeOf(type);
        double[] values = new double[data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> place = data.Slice(i * size, size);
            double value = type switch
            {
                NpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(place),
                NpyType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(place),
                _ => place[0],
            };
            if (!(Math.Abs(value) <= float.MaxValue))
            {
                string what = double.IsFinite(value) ? $"{value.ToString(CultureInfo.InvariantCulture)}, beyond float32" : value.ToString(CultureInfo.InvariantCulture);
                throw new PictureException(name, $"number {i} of {values.Length} as stored is {what}; expected finite numbers (stored shape {Show(storedShape)}).");
            }

            values[i] = value;
        }

        return values;
    }

    private static double[] Transpose(double[] fortran, ReadOnlySpan<int> shape)
    {
        double[] values = new double[fortran.Length];
        Span<int> index = stackalloc int[shape.Length];
        index.Clear();
        foreach (double value in fortran)
        {
            int to = 0;
            for (int d = 0; d < shape.Length; d++)
            {
                to = (to * shape[d]) + index[d];
            }

            values[to] = value;

            // First index fastest.
            for (int d = 0; d < shape.Length && ++index[d] == shape[d]; d++)
            {
                index[d] = 0;
            }
        }

        return values;
    }

    private static byte[] Begin(NpyType type, ReadOnlySpan<int> shape, int count, out int dataStart)
    {
        long product = 1;
        foreach (int extent in shape)
        {
            product *= Math.Max(extent, 0);
        }

        if (product != count)
        {
            throw new ArgumentException($"An array of shape {Show(shape.ToArray())} has {product} values, not {count}.", nameof(shape));
        }

        string descr = type switch
        {
            NpyType.Float32 => "<f4",
            NpyType.Float64 => "<f8",
            _ => "|u1",
        };
        string header = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {Show(shape.ToArray())}, }}";

        // Blanks and a line feed bring the numbers to a multiple of 64.
        dataStart = (10 + header.Length + 1 + 63) / 64 * 64;
        header = header.PadRight(dataStart - 11) + '\n';
        byte[] file = new byte[dataStart + ((long)count * SizeOf(type))];
        Magic.CopyTo(file, 0);
        file[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), (ushort)header.Length);
        Encoding.ASCII.GetBytes(header, file.AsSpan(10));
        return file;
    }

    private static int SizeOf(NpyType type) => type switch
    {
        NpyType.Float32 => 4,
        NpyType.Float64 => 8,
        _ => 1,
    };

    // As Python shows a tuple: one extent keeps its comma.
    private static string Show<T>(IReadOnlyList<T> shape) => shape.Count == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape)})";
}
