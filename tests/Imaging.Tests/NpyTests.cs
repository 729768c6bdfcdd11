using System.Text;
using CsCheck;

namespace VggCuda.Imaging.Tests;

public class NpyTests
{
    [Fact]
    public void Fortran_order_and_all_versions_give_the_same_numbers()
    {
        NpyArray c = Npy.Decode(Fixtures.Bytes("c-f8.npy"), "c");
        Assert.Equal(NpyType.Float64, c.Type);
        Assert.Equal([2, 3, 4, 3], c.Shape);
        foreach (string name in new[] { "fortran-f4.npy", "version2.npy", "version3.npy" })
        {
            NpyArray other = Npy.Decode(Fixtures.Bytes(name), name);
            Assert.Equal(NpyType.Float32, other.Type);
            Assert.Equal(c.Shape, other.Shape);
            Assert.Equal(c.ToSingles(), other.ToSingles());
        }
    }

    // As numpy.load takes them, and some programs write them.
    [Theory]
    [InlineData("f4")]
    [InlineData("=f4")]
    public void A_type_without_a_byte_order_is_this_machine_s(string type)
    {
        byte[] file = Npy.Encode([1, 1, 1, 3], [1f, -2f, 0.5f]);
        string header = Encoding.Latin1.GetString(file, 10, 118).Replace("'<f4'", $"'{type}'", StringComparison.Ordinal);
        byte[] changed = [.. file[..10], .. Encoding.Latin1.GetBytes(header.Trim('\n').PadRight(117)[..117] + "\n"), .. file[128..]];
        Assert.Equal([1f, -2f, 0.5f], Npy.Decode(changed, "native").ToSingles());
    }

    [Fact]
    public void Bytes_are_read()
    {
        NpyArray array = Npy.Decode(Fixtures.Bytes("image-u1.npy"), "u1");
        Assert.Equal((NpyType.UInt8, 36), (array.Type, array.Values.Length));
        Assert.Equal([200, 40, 90, 200, 40, 90], array.Values[..6]);
    }

    [Fact]
    public void What_is_written_comes_back_exactly() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int).Sample((n, h, w, c, seed) =>
        {
            Random random = new(seed);
            double[] doubles = [.. Enumerable.Range(0, n * h * w * c).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-30, 30)))];
            float[] singles = Array.ConvertAll(doubles, v => (float)v);
            byte[] bytes = Array.ConvertAll(doubles, _ => (byte)random.Next(256));
            int[] shape = [n, h, w, c];
            byte[] file = Npy.Encode(shape, singles);
            NpyArray a = Npy.Decode(file, "f4"), b = Npy.Decode(Npy.Encode(shape, doubles), "f8"), d = Npy.Decode(Npy.Encode(shape, bytes), "u1");
            return (file.Length - (singles.Length * 4)) % 64 == 0 && a.Shape.SequenceEqual(shape) && b.Shape.SequenceEqual(shape) && d.Shape.SequenceEqual(shape)
                && a.ToSingles().SequenceEqual(singles) && b.Values.SequenceEqual(doubles) && d.Values.SequenceEqual(bytes.Select(v => (double)v));
        });

    // The layout by hand, so that writer and reader cannot agree on a mistake.
    [Fact]
    public void A_written_file_is_laid_out_as_numpy_lays_it_out()
    {
        byte[] file = Npy.Encode([1, 1, 1, 3], [1f, -2f, 0.5f]);
        Assert.Equal(128 + 12, file.Length);
        Assert.Equal("\u0093NUMPY\u0001\0\u0076\0{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 3), }", Encoding.Latin1.GetString(file).Split("   ")[0]);
        Assert.Equal((byte)'\n', file[127]);
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F], file[128..]);
    }

    [Theory]
    [InlineData("objects.npy", "Python objects")]
    [InlineData("big-endian.npy", "big endian")]
    [InlineData("int64.npy", "'<i8'")]
    [InlineData("structured.npy", "structured")]
    [InlineData("two.npz", ".npz")]
    [InlineData("grey.png", "a PNG picture")]
    public void Other_files_are_refused_by_what_they_are(string name, string expected)
    {
        PictureException e = Assert.Throws<PictureException>(() => Npy.Decode(Fixtures.Bytes(name), name));
        Assert.StartsWith(name + ": ", e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(4, 4)", "grey")]
    [InlineData("(3, 8, 8)", "channels come last")]
    [InlineData("(8, 8, 4)", "fourth channel")]
    [InlineData("(8,)", "(8,)")]
    [InlineData("()", "()")]
    [InlineData("(1, 1, 8, 8, 3)", "(1, 1, 8, 8, 3)")]
    [InlineData("(0, 8, 3)", "at least 1")]
    [InlineData("(1000000, 1000000, 3)", "at most")]
    [InlineData("(9223372036854775807, 2, 3)", "at most")]
    [InlineData("(4294967296, 4294967296, 4294967296, 4294967296)", "at most")]
    [InlineData("(99999999999999999999, 2, 3)", "not understood")]
    [InlineData("(-1, 2, 3)", "not understood")]
    [InlineData("(2, 2, 3", "not understood")]
    public void Other_shapes_are_refused(string shape, string expected) =>
        Assert.Contains(expected, Refusal(File($"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", 48)), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("not a dictionary")]
    [InlineData("{'descr': '<f4'}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3), 'more': 1}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 3)} x")]
    [InlineData("{'descr': '<f4 , 'fortran_order': False, 'shape': (2, 2, 3)}")]
    public void A_header_of_another_kind_is_refused(string header) =>
        Assert.Contains("header is not understood", Refusal(File(header, 48)), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2, 2, 3)}")]
    [InlineData("{'shape': (2L, 2L, 3L), 'fortran_order': False, 'descr': '<f4', }   \n")]
    public void Headers_that_other_programs_write_are_read(string header) =>
        Assert.Equal([2, 2, 3], Npy.Decode(File(header, 48), "memory").Shape);

    [Fact]
    public void Every_cut_and_every_surplus_is_refused()
    {
        byte[] file = Npy.Encode([2, 2, 3], new float[12]);
        for (int length = 0; length < file.Length; length++)
        {
            Refusal(file[..length]);
        }

        Assert.Contains("cut short", Refusal(file[..^1]), StringComparison.Ordinal);
        Assert.Contains("goes on", Refusal([.. file, 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_giant_header_and_an_unknown_version_are_refused()
    {
        byte[] file = Npy.Encode([2, 2, 3], new float[12]);
        Assert.Contains("claims 4294967295 bytes", Refusal([.. file[..6], 2, 0, 255, 255, 255, 255, .. file[10..]]), StringComparison.Ordinal);
        Assert.Contains("version 4.0", Refusal([.. file[..6], 4, 0, .. file[8..]]), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_refused()
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] values = new float[12];
            values[7] = bad;
            Assert.Contains("number 7 of 12", Refusal(Npy.Encode([2, 2, 3], values)), StringComparison.Ordinal);
        }

        double[] doubles = new double[12];
        doubles[3] = 1e300;
        Assert.Contains("beyond float32", Refusal(Npy.Encode([2, 2, 3], doubles)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_one_size_is_asked_for()
    {
        using TestFolder folder = new();
        float[] values = [.. Enumerable.Range(0, 24).Select(i => (float)i)];
        Npy.Write(folder["hwc.npy"], [2, 4, 3], values);
        Npy.Write(folder["nhwc.npy"], [1, 2, 4, 3], values);
        Assert.Equal(values, Npy.ReadImage(folder["hwc.npy"], 2, 4));
        Assert.Equal(values, Npy.ReadImage(folder["nhwc.npy"], 2, 4));
        PictureException e = Assert.Throws<PictureException>(() => Npy.ReadImage(folder["hwc.npy"], 4, 2));
        Assert.Contains("shape (2, 4, 3); expected (4, 2, 3)", e.Message, StringComparison.Ordinal);
        Assert.Equal(["hwc.npy", "nhwc.npy"], folder.Names);
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_when_writing() =>
        Assert.Throws<ArgumentException>(() => Npy.Encode([2, 2, 3], new float[11]));

    private static string Refusal(byte[] file) => Assert.Throws<PictureException>(() => Npy.Decode(file, "memory")).Message;

    private static byte[] File(string header, int dataBytes) =>
        [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.Latin1.GetBytes(header), .. new byte[dataBytes]];
}
