using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>Dense weights in a byte each: how they are made, and what is done with them.</summary>
public class Int8Tests
{
    public static TheoryData<int, int, int, int> Cases => DenseTests.InEachType([(1, 3, 8), (1, 300, 2120), (2, 9, 264), (3, 130, 40), (9, 33, 520)]);

    [Fact]
    public void The_bytes_are_the_nearest_of_255_values_in_each_column()
    {
        using Device device = new();
        QuantizeWeights quantize = new(device.Library);
        const int Positions = 3, Channels = 5, Outputs = 11, Stored = 16, StoredChannels = 8;
        const int Rows = Positions * Channels;
        float[] weights = [.. Numbers.Random(Rows * Outputs, 1).Select(w => (float)w)];
        for (int i = 0; i < Rows; i++)
        {
            weights[(i * Outputs) + 4] = 0;

            // Halves between two steps, which go to the even one, and both ends.
            weights[(i * Outputs) + 5] = i switch { 0 => 127, 1 => -127, 2 => 0.5f, 3 => 1.5f, 4 => -2.5f, _ => i };
        }

        byte[] bytes = Quantized(device, quantize, weights, Rows, Outputs, Positions, StoredChannels, Stored, pieces: 4, out float[] largest);
        for (int j = 0; j < Outputs; j++)
        {
            float most = Enumerable.Range(0, Rows).Max(i => Math.Abs(weights[(i * Outputs) + j]));
            Assert.Equal(most, largest[j]);
            for (int i = 0; i < Rows; i++)
            {
                int at = (((i / Channels * StoredChannels) + (i % Channels)) * Stored) + j;
                float scaled = most > 0 ? weights[(i * Outputs) + j] / most * 127 : 0;
                Assert.Equal((sbyte)MathF.Round(scaled, MidpointRounding.ToEven), (sbyte)bytes[at]);
            }
        }

        // What pads is 0.
        Assert.All(Enumerable.Range(0, Positions * StoredChannels), row => Assert.All(bytes[((row * Stored) + Outputs)..((row + 1) * Stored)], b => Assert.Equal(0, b)));
        Assert.All(largest[Outputs..], l => Assert.Equal(0, l));
    }

    [Fact]
    public void A_weight_that_is_no_number_spoils_its_column_for_all_to_see()
    {
        using Device device = new();
        float[] weights = [.. Numbers.Random(6 * 8, 1).Select(w => (float)w)];
        weights[11] = float.NaN;
        Quantized(device, new QuantizeWeights(device.Library), weights, 6, 8, 1, 6, 8, pieces: 3, out float[] largest);
        Assert.Equal([3], Enumerable.Range(0, 8).Where(j => float.IsNaN(largest[j])));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Along_rows(int t, int images, int rows, int columns)
    {
        ElementType type = (ElementType)t;
        using Device device = new();
        DenseRows dense = new(device.Library);
        double[] v = Numbers.Round(Numbers.Random(images * columns, 1), type);
        (double[] matrix, DevicePointer bytes, DevicePointer largest) = Matrix(device, rows, columns);
        double[] raw = DenseTests.Rows(v, matrix, images, rows, columns);
        double[] bias = [.. Numbers.Random(rows, 3).Select(b => (double)(float)b)];
        double[] mask = Numbers.Random(images * rows, 4, -1, 1, 0.2);
        DevicePointer dv = device.Put(v, type), db = device.Put(bias, ElementType.Float32), dk = device.Put(mask, type);
        foreach ((bool biased, bool masked, bool relu) in ((bool, bool, bool)[])[(false, false, false), (true, false, true), (true, true, false)])
        {
            DevicePointer y = device.Bytes(images * rows * Elements.Size(type));
            dense.LaunchInt8(dv, bytes, largest, biased ? db : DevicePointer.None, masked ? dk : DevicePointer.None, y, images, rows, columns, relu, type);
            double[] expected = [.. raw.Select((sum, i) => DenseTests.After(sum, biased ? bias[i % rows] : 0, masked ? mask[i] : 1, relu))];
            Numbers.Close(expected, device.Get(y, expected.Length, type), Numbers.Tolerance(type));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Along_columns(int t, int images, int columns, int rows)
    {
        columns = (columns + 7) / 8 * 8;
        ElementType type = (ElementType)t;
        using Device device = new();
        DenseColumns dense = new(device.Library);
        double[] v = Numbers.Round(Numbers.Random(images * rows, 1, -1, 1, 0.8), type);
        (double[] matrix, DevicePointer bytes, DevicePointer largest) = Matrix(device, rows, columns);
        double[] raw = DenseTests.Columns(v, matrix, images, rows, columns);
        double[] bias = [.. Numbers.Random(columns, 3).Select(b => (double)(float)b)];
        double[] mask = Numbers.Random(images * columns, 4, -1, 1, 0.2);
        DevicePointer dv = device.Put(v, type), db = device.Put(bias, ElementType.Float32), dk = device.Put(mask, type);
        DevicePointer scratch = device.Bytes(DenseColumns.ScratchBytes(images, rows, columns));
        foreach ((bool biased, bool masked, bool relu) in ((bool, bool, bool)[])[(false, false, false), (true, false, true), (true, true, false)])
        {
            DevicePointer y = device.Bytes(images * columns * Elements.Size(type));
            dense.LaunchInt8(dv, bytes, largest, biased ? db : DevicePointer.None, masked ? dk : DevicePointer.None, y, scratch, images, rows, columns, relu, type);
            double[] expected = [.. raw.Select((sum, i) => DenseTests.After(sum, biased ? bias[i % columns] : 0, masked ? mask[i] : 1, relu))];
            Numbers.Close(expected, device.Get(y, expected.Length, type), Numbers.Tolerance(type));
        }
    }

    // A matrix whose values are what its bytes stand for.
    private static (double[] Values, DevicePointer Bytes, DevicePointer Largest) Matrix(Device device, int rows, int columns)
    {
        float[] weights = [.. Numbers.Random(rows * columns, 2).Select(w => (float)w)];
        byte[] bytes = Quantized(device, new QuantizeWeights(device.Library), weights, rows, columns, 1, rows, columns, 1, out float[] largest, out DevicePointer target, out DevicePointer most);
        return ([.. bytes.Select((b, i) => (sbyte)b * (double)largest[i % columns] / 127)], target, most);
    }

    private static byte[] Quantized(Device device, QuantizeWeights quantize, float[] weights, int rows, int outputs, int positions, int storedChannels, int stored, int pieces, out float[] largest) =>
        Quantized(device, quantize, weights, rows, outputs, positions, storedChannels, stored, pieces, out largest, out _, out _);

    private static byte[] Quantized(
        Device device, QuantizeWeights quantize, float[] weights, int rows, int outputs, int positions, int storedChannels, int stored, int pieces, out float[] largest, out DevicePointer target, out DevicePointer most)
    {
        int bytes = positions * storedChannels * stored;
        target = device.Bytes(bytes);
        most = device.Bytes(stored * sizeof(float));
        device.Stream.Clear(target, bytes);
        device.Stream.Clear(most, stored * sizeof(float));
        int perPiece = (rows + pieces - 1) / pieces;
        List<(int First, int Count, DevicePointer Values)> parts = [];
        for (int first = 0; first < rows; first += perPiece)
        {
            int count = Math.Min(perPiece, rows - first);
            parts.Add((first, count, device.Put([.. weights[(first * outputs)..((first + count) * outputs)].Select(w => (double)w)], ElementType.Float32)));
            quantize.Measure(parts[^1].Values, most, count, outputs);
        }

        foreach ((int first, int count, DevicePointer values) in parts)
        {
            quantize.Launch(values, most, target, first, count, outputs, rows / positions, new WeightStrides(0, (long)storedChannels * stored, stored, 1));
        }

        largest = [.. device.Get(most, stored, ElementType.Float32).Select(m => (float)m)];
        return device.GetBytes(target, bytes);
    }
}
