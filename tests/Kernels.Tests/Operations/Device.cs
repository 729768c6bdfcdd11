using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Tests.Fake;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>A context, a stream, the kernels and device arrays for one test; on disposal everything must be gone and nothing may have been misused.</summary>
internal sealed unsafe class Device : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public Device()
    {
        FakeCuda.Require();
        CudaCheck.ThrowIfFailed(CuDriver.cuInit(0));
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int device, 0));
        Context = CudaContext.RetainPrimary(device);
        Stream = CudaStream.Create(Context);
        Library = new KernelLibrary(Context, Stream);
    }

    public CudaContext Context { get; }

    public CudaStream Stream { get; }

    public KernelLibrary Library { get; }

    /// <summary>Memory filled with what no kernel may rely on.</summary>
    public DevicePointer Bytes(long bytes)
    {
        DeviceMemory memory = DeviceMemory.Allocate(Context, bytes, "a test");
        _owned.Add(memory);
        return memory.Pointer;
    }

    public DevicePointer Put(double[] values, ElementType type)
    {
        DevicePointer target = Bytes((long)values.Length * Elements.Size(type));
        byte[] encoded = Numbers.Encode(values, type);
        fixed (byte* source = encoded)
        {
            Stream.CopyToDevice(target, source, encoded.Length);
        }

        return target;
    }

    public DevicePointer Put(int[] values)
    {
        DevicePointer target = Bytes(values.Length * sizeof(int));
        fixed (int* source = values)
        {
            Stream.CopyToDevice(target, source, values.Length * sizeof(int));
        }

        return target;
    }

    public double[] Get(DevicePointer source, int count, ElementType type)
    {
        byte[] encoded = GetBytes(source, count * Elements.Size(type));
        return Numbers.Decode(encoded, type);
    }

    public int[] GetIntegers(DevicePointer source, int count)
    {
        int[] values = new int[count];
        Buffer.BlockCopy(GetBytes(source, count * sizeof(int)), 0, values, 0, count * sizeof(int));
        return values;
    }

    public byte[] GetBytes(DevicePointer source, int count)
    {
        byte[] bytes = new byte[count];
        fixed (byte* target = bytes)
        {
            Stream.CopyToHost(target, source, count);
        }

        Stream.Synchronize();
        return bytes;
    }

    public void Dispose()
    {
        Stream.Synchronize();
        _owned.ForEach(o => o.Dispose());
        Library.Dispose();
        Stream.Dispose();
        Context.Dispose();
        FakeCuda.AssertClean();
    }
}

/// <summary>The network's number types on the host.</summary>
internal static class Numbers
{
    public static readonly ElementType[] Types = [ElementType.Float32, ElementType.Float16, ElementType.BFloat16];

    /// <summary>What rounding a result to the type may cost, relative to the largest, with float32 sums before it.</summary>
    public static double Tolerance(ElementType type) => type switch
    {
        ElementType.Float32 => 2e-6,
        ElementType.Float16 => 1.0 / 2048,
        _ => 1.0 / 256,
    };

    public static byte[] Encode(double[] values, ElementType type) => type == ElementType.Float32
        ? [.. values.SelectMany(v => BitConverter.GetBytes((float)v))]
        : [.. values.SelectMany(v => BitConverter.GetBytes(type == ElementType.Float16 ? BitConverter.HalfToUInt16Bits((Half)(float)v) : ToBrain((float)v)))];

    public static double[] Decode(byte[] bytes, ElementType type)
    {
        int size = Elements.Size(type);
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                ElementType.Float32 => BitConverter.ToSingle(bytes, i * 4),
                ElementType.Float16 => (double)BitConverter.ToHalf(bytes, i * 2),
                _ => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i * 2) << 16),
            };
        }

        return values;
    }

    /// <summary>The values as the type holds them.</summary>
    public static double[] Round(double[] values, ElementType type) => Decode(Encode(values, type), type);

    /// <summary>Seeded, in low..high, a share of them zero.</summary>
    public static double[] Random(int count, int seed, double low = -1, double high = 1, double zeros = 0)
    {
        Random random = new(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            double value = low + ((high - low) * random.NextDouble());
            values[i] = random.NextDouble() < zeros ? 0 : value;
        }

        return values;
    }

    public static void Close(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"Element {i} of {expected.Length} is {actual[i]:R}, expected {expected[i]:R}; the largest is {scale:R}.");
        }
    }

    // Round to nearest, ties to even; written apart from the kernels' version.
    private static ushort ToBrain(float value)
    {
        uint whole = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            return (ushort)((whole >> 16) | 0x40);
        }

        uint rest = whole & 0xffff;
        uint upper = whole >> 16;
        return (ushort)(rest > 0x8000 || (rest == 0x8000 && (upper & 1) == 1) ? upper + 1 : upper);
    }
}
