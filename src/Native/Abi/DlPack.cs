using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;

namespace VggCuda.Native.Abi;

// The structures of DLPack 1.0, as vggcuda_dlpack.h has them.

[StructLayout(LayoutKind.Sequential)]
internal struct DlVersion
{
    public uint Major;
    public uint Minor;
}

[StructLayout(LayoutKind.Sequential)]
internal struct DlDevice
{
    public int DeviceType;
    public int DeviceId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct DlDataType
{
    public byte Code;
    public byte Bits;
    public ushort Lanes;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DlTensor
{
    public void* Data;
    public DlDevice Device;
    public int Dimensions;
    public DlDataType Type;
    public long* Shape;
    public long* Strides;
    public ulong ByteOffset;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct DlManagedTensor
{
    public DlVersion Version;
    public void* ManagerContext;
    public delegate* unmanaged[Cdecl]<DlManagedTensor*, void> Deleter;
    public ulong Flags;
    public DlTensor Tensor;
}

/// <summary>Float32 tensors on the processor, in and out.</summary>
internal static unsafe class DlPack
{
    private const uint Major = 1;
    private const int Cpu = 1;
    private const byte Float = 2;
    private const int MostDimensions = 4;
    private const nuint CacheLine = 64;

    /// <summary>The values of a tensor of one shape, in C order: its own memory, or a copy where its strides are others.</summary>
    /// <exception cref="StatusException">It is of another version, device, type or shape.</exception>
    public static ReadOnlySpan<float> Read(DlManagedTensor* tensor, TensorShape shape)
    {
        Memory.Require(tensor, "tensor");
        if (tensor->Version.Major != Major)
        {
            throw StatusException.Argument($"The tensor is of DLPack {tensor->Version.Major}.{tensor->Version.Minor}; version {Major} is read.");
        }

        DlTensor* found = &tensor->Tensor;
        if (found->Device.DeviceType != Cpu)
        {
            throw StatusException.Argument($"The tensor is on DLPack's device {found->Device.DeviceType}; tensors on the processor, {Cpu}, are read. Copy it there.");
        }

        if (found->Type is not { Code: Float, Bits: 32, Lanes: 1 })
        {
            throw StatusException.Argument($"The tensor's type is (code {found->Type.Code}, {found->Type.Bits} bits, {found->Type.Lanes} lanes); float32 (2, 32, 1) is needed.");
        }

        long[] wanted = [shape.N, shape.H, shape.W, shape.C];
        if (found->Dimensions != wanted.Length || found->Shape is null || !new ReadOnlySpan<long>(found->Shape, MostDimensions).SequenceEqual(wanted))
        {
            string given = found->Dimensions is > 0 and <= 8 && found->Shape is not null ? string.Join(", ", new ReadOnlySpan<long>(found->Shape, found->Dimensions).ToArray()) : $"{found->Dimensions} dimensions";
            throw StatusException.Argument($"The tensor's shape is ({given}); ({string.Join(", ", wanted)}) is needed.");
        }

        Memory.Require(found->Data, "tensor's data");
        float* data = (float*)((byte*)found->Data + found->ByteOffset);
        return found->Strides is null || IsContiguous(found->Strides, wanted)
            ? new ReadOnlySpan<float>(data, checked((int)shape.Count))
            : Gathered(data, found->Strides, shape);
    }

    /// <summary>A tensor that owns its memory, filled with zeros.</summary>
    /// <param name="shape">At most four sizes.</param>
    public static DlManagedTensor* Create(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long size in shape)
        {
            count = checked(count * size);
        }

        // The structure, its shape and strides, and on a line of their own the values: one block.
        nuint head = ((nuint)(sizeof(DlManagedTensor) + (2 * MostDimensions * sizeof(long))) + CacheLine - 1) / CacheLine * CacheLine;
        nuint bytes = head + ((nuint)count * sizeof(float));
        byte* block = (byte*)NativeMemory.AlignedAlloc(bytes, CacheLine);
        NativeMemory.Clear(block, bytes);
        long* sizes = (long*)(block + sizeof(DlManagedTensor));
        long* strides = sizes + MostDimensions;
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            sizes[i] = shape[i];
            strides[i] = stride;
            stride *= shape[i];
        }

        DlManagedTensor* tensor = (DlManagedTensor*)block;
        tensor->Version = new DlVersion { Major = Major, Minor = 0 };
        tensor->ManagerContext = block;
        tensor->Deleter = &Delete;
        tensor->Tensor = new DlTensor
        {
            Data = block + head,
            Device = new DlDevice { DeviceType = Cpu },
            Dimensions = shape.Length,
            Type = new DlDataType { Code = Float, Bits = 32, Lanes = 1 },
            Shape = sizes,
            Strides = strides,
        };
        return tensor;
    }

    /// <summary>The values of a tensor that <see cref="Create"/> made.</summary>
    public static Span<float> Values(DlManagedTensor* tensor)
    {
        long count = 1;
        for (int i = 0; i < tensor->Tensor.Dimensions; i++)
        {
            count *= tensor->Tensor.Shape[i];
        }

        return new Span<float>(tensor->Tensor.Data, checked((int)count));
    }

    /// <summary>Frees it, as its deleter does.</summary>
    public static void Free(DlManagedTensor* tensor)
    {
        if (tensor is not null)
        {
            NativeMemory.AlignedFree(tensor->ManagerContext);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Delete(DlManagedTensor* tensor) => Free(tensor);

    private static bool IsContiguous(long* strides, long[] shape)
    {
        long expected = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            // Along one element nobody steps.
            if (shape[i] > 1 && strides[i] != expected)
            {
                return false;
            }

            expected *= shape[i];
        }

        return true;
    }

    private static float[] Gathered(float* data, long* strides, TensorShape shape)
    {
        float[] values = new float[shape.Count];
        int at = 0;
        for (int n = 0; n < shape.N; n++)
        {
            for (int y = 0; y < shape.H; y++)
            {
                for (int x = 0; x < shape.W; x++)
                {
                    for (int c = 0; c < shape.C; c++)
                    {
                        values[at++] = data[(n * strides[0]) + (y * strides[1]) + (x * strides[2]) + (c * strides[3])];
                    }
                }
            }
        }

        return values;
    }
}
