using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>The dense kernels: right, blind to what they need not read, and the same bits for an image whatever stands beside it.</summary>
public class DenseTests
{
    public static TheoryData<int, int, int, int> Cases => InEachType([(1, 3, 8), (1, 70, 2120), (2, 9, 264), (3, 130, 40), (7, 33, 520)]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Along_rows(int t, int images, int rows, int columns)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        DenseRows dense = new(device.Library);
        double[] v = Numbers.Round(Numbers.Random(images * columns, 1), type);
        double[] matrix = Numbers.Round(Numbers.Random(rows * columns, 2), type);
        double[] bias = [.. Numbers.Random(rows, 3).Select(b => (double)(float)b)];
        double[] mask = Numbers.Random(images * rows, 4, -1, 1, 0.2);
        DevicePointer dv = device.Put(v, type), dm = device.Put(matrix, type), db = device.Put(bias, ElementType.Float32), dk = device.Put(mask, type);
        double[] raw = Rows(v, matrix, images, rows, columns);
        foreach ((bool biased, bool masked, bool relu) in ((bool, bool, bool)[])[(false, false, false), (true, false, true), (true, true, false)])
        {
            DevicePointer y = device.Bytes(images * rows * Elements.Size(type));
            dense.Launch(dv, dm, biased ? db : DevicePointer.None, masked ? dk : DevicePointer.None, y, images, rows, columns, relu, type);
            double[] expected = [.. raw.Select((s, i) => After(s, biased ? bias[i % rows] : 0, masked ? mask[i] : 1, relu))];
            Numbers.Close(expected, device.Get(y, expected.Length, type), Numbers.Tolerance(type));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Along_columns(int t, int images, int columns, int rows)
    {
        // Here the matrix has many rows: the same cases the other way round, the columns made a multiple of eight.
        columns = (columns + 7) / 8 * 8;
        ElementType type = (ElementType)t;
        using Device device = new();
        DenseColumns dense = new(device.Library);
        double[] v = Numbers.Round(Numbers.Random(images * rows, 1, -1, 1, 0.8), type);
        double[] matrix = Numbers.Round(Numbers.Random(rows * columns, 2), type);
        double[] bias = [.. Numbers.Random(columns, 3).Select(b => (double)(float)b)];
        double[] mask = Numbers.Random(images * columns, 4, -1, 1, 0.2);
        DevicePointer dv = device.Put(v, type), dm = device.Put(matrix, type), db = device.Put(bias, ElementType.Float32), dk = device.Put(mask, type);
        DevicePointer scratch = device.Bytes(DenseColumns.ScratchBytes(images, rows, columns));
        double[] raw = Columns(v, matrix, images, rows, columns);
        foreach ((bool biased, bool masked, bool relu) in ((bool, bool, bool)[])[(false, false, false), (true, false, true), (true, true, false)])
        {
            DevicePointer y = device.Bytes(images * columns * Elements.Size(type));
            dense.Launch(dv, dm, biased ? db : DevicePointer.None, masked ? dk : DevicePointer.None, y, scratch, images, rows, columns, relu, type);
            double[] expected = [.. raw.Select((s, i) => After(s, biased ? bias[i % columns] : 0, masked ? mask[i] : 1, relu))];
            Numbers.Close(expected, device.Get(y, expected.Length, type), Numbers.Tolerance(type));
        }
    }

    [Fact]
    public void Rows_that_are_masked_and_inputs_that_are_zero_are_not_read()
    {
        // What must not be read is not a number: one read of it would show in the result.
        using Device device = new();
        const int Images = 2, Many = 96, Few = 16;
        double[] on = [.. Enumerable.Range(0, Many).Select(k => k % 3 == 0 ? 1.0 : 0)];
        double[] matrix = [.. Enumerable.Range(0, Many * Few).Select(i => on[i / Few] > 0 ? 0.5 : double.NaN)];
        double[] twice = [.. on, .. on];
        DevicePointer m = device.Put(matrix, ElementType.Float32), o = device.Put(twice, ElementType.Float32);
        DevicePointer y = device.Bytes(Images * Many * sizeof(float));
        new DenseRows(device.Library).Launch(device.Put([.. Enumerable.Repeat(1.0, Images * Few)], ElementType.Float32), m, DevicePointer.None, o, y, Images, Many, Few, false, ElementType.Float32);
        Assert.Equal([.. twice.Select(k => k * Few / 2)], device.Get(y, Images * Many, ElementType.Float32));
        DevicePointer scratch = device.Bytes(DenseColumns.ScratchBytes(Images, Many, Few));
        new DenseColumns(device.Library).Launch(o, m, DevicePointer.None, DevicePointer.None, y, scratch, Images, Many, Few, false, ElementType.Float32);
        Assert.Equal([.. Enumerable.Repeat(Many / 6.0, Images * Few)], device.Get(y, Images * Few, ElementType.Float32));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public void An_images_result_does_not_depend_on_its_neighbours_nor_on_the_order_of_threads(int images)
    {
        using Device device = new();
        const int Rows = 200, Width = 520;
        ElementType type = ElementType.Float32;
        DenseRows rows = new(device.Library);
        DenseColumns columns = new(device.Library);
        double[] wide = Numbers.Random(images * Width, 1, -1, 1, 0.5), tall = Numbers.Random(images * Rows, 2, -1, 1, 0.7);
        DevicePointer m = device.Put(Numbers.Random(Rows * Width, 3), type);
        (double[] byRows, double[] byColumns) = Run(wide, tall, images, false);
        (double[] rowsReversed, double[] columnsReversed) = Run(wide, tall, images, true);
        Assert.Equal(byRows, rowsReversed);
        Assert.Equal(byColumns, columnsReversed);
        for (int n = 0; n < images; n++)
        {
            (double[] aloneByRows, double[] aloneByColumns) = Run(wide[(n * Width)..((n + 1) * Width)], tall[(n * Rows)..((n + 1) * Rows)], 1, false);
            Assert.Equal(aloneByRows, byRows[(n * Rows)..((n + 1) * Rows)]);
            Assert.Equal(aloneByColumns, byColumns[(n * Width)..((n + 1) * Width)]);
        }

        (double[], double[]) Run(double[] v, double[] w, int count, bool reversed)
        {
            using ThreadOrder order = new(reversed);
            DevicePointer y = device.Bytes(count * Rows * sizeof(float)), z = device.Bytes(count * Width * sizeof(float));
            DevicePointer scratch = device.Bytes(DenseColumns.ScratchBytes(count, Rows, Width));
            rows.Launch(device.Put(v, type), m, DevicePointer.None, DevicePointer.None, y, count, Rows, Width, false, type);
            columns.Launch(device.Put(w, type), m, DevicePointer.None, DevicePointer.None, z, scratch, count, Rows, Width, false, type);
            return (device.Get(y, count * Rows, type), device.Get(z, count * Width, type));
        }
    }

    [Theory]
    [InlineData(25088, 4096)]
    [InlineData(4096, 25088)]
    [InlineData(4096, 4096)]
    [InlineData(1000, 4096)]
    [InlineData(1, 8)]
    [InlineData(7, 1000)]
    [InlineData(131072, 256)]
    public void Scratch_grows_with_the_batch_alone_and_stays_small_beside_the_matrix(int rows, int columns)
    {
        long one = DenseColumns.ScratchBytes(1, rows, columns);
        Assert.Equal(5 * one, DenseColumns.ScratchBytes(5, rows, columns));
        Assert.InRange(one, columns * 4L, Math.Max(columns * 4L, (long)rows * columns / 8));
    }

    [Fact]
    public void Widths_that_are_no_multiple_of_eight_are_refused()
    {
        using Device device = new();
        Assert.Throws<ArgumentException>(() => new DenseRows(device.Library).Launch(DevicePointer.None, DevicePointer.None, DevicePointer.None, DevicePointer.None, DevicePointer.None, 1, 4, 9, false, ElementType.Float32));
        Assert.Throws<ArgumentException>(() => new DenseColumns(device.Library).Launch(DevicePointer.None, DevicePointer.None, DevicePointer.None, DevicePointer.None, DevicePointer.None, DevicePointer.None, 1, 4, 9, false, ElementType.Float32));
    }

    /// <summary>Number type, images, rows, columns: each case in each of the network's types.</summary>
    internal static TheoryData<int, int, int, int> InEachType((int Images, int Rows, int Columns)[] cases) =>
        new(from type in (int[])[0, 1, 2] from c in cases select (type, c.Images, c.Rows, c.Columns));

    internal static double After(double sum, double bias, double mask, bool relu)
    {
        double total = sum + bias;
        return mask > 0 ? relu ? Math.Max(total, 0) : total : 0;
    }

    internal static double[] Rows(double[] v, double[] matrix, int images, int rows, int columns)
    {
        double[] y = new double[images * rows];
        for (int i = 0; i < y.Length; i++)
        {
            for (int k = 0; k < columns; k++)
            {
                y[i] += matrix[(i % rows * columns) + k] * v[(i / rows * columns) + k];
            }
        }

        return y;
    }

    internal static double[] Columns(double[] v, double[] matrix, int images, int rows, int columns)
    {
        double[] y = new double[images * columns];
        for (int n = 0; n < images; n++)
        {
            for (int k = 0; k < rows; k++)
            {
                for (int j = 0; j < columns; j++)
                {
                    y[(n * columns) + j] += v[(n * rows) + k] * matrix[(k * columns) + j];
                }
            }
        }

        return y;
    }
}
