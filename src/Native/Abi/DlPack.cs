using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Kernels;

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

/// <summary>Float32 tensors in and out, on the processor and on a GPU.</summary>
internal static unsafe class DlPack
{
    private const uint Major = 1;
    private const int Cpu = 1;
    private const int Cuda = 2;
    private const byte Float = 2;
    private const int MostDimensions = 4;
    private const nuint CacheLine = 64;

    // The structure, its shape and strides, up to a line of the cache.
    private static readonly nuint Head = ((nuint)(sizeof(DlManagedTensor) + (2 * MostDimensions * sizeof(long))) + CacheLine - 1) / CacheLine * CacheLine;

    /// <summary>Whether a tensor lies on a GPU.</summary>
    /// <exception cref="StatusException">It is of another version.</exception>
    public static bool IsOnGpu(DlManagedTensor* tensor)
    {
        Memory.Require(tensor, "tensor");
        return tensor->Version.Major != Major
            ? throw StatusException.Argument($"The tensor is of DLPack {tensor->Version.Major}.{tensor->Version.Minor}; version {Major} is read.")
            : tensor->Tensor.Device.DeviceType == Cuda;
    }

    /// <summary>The values of a tensor of one shape on the processor, in C order: its own memory, or a copy where its strides are others.</summary>
    /// <exception cref="StatusException">It is of another version, device, type or shape.</exception>
    public static ReadOnlySpan<float> Read(DlManagedTensor* tensor, TensorShape shape)
    {
        if (IsOnGpu(tensor) || tensor->Tensor.Device.DeviceType != Cpu)
        {
            throw StatusException.Argument($"The tensor is on DLPack's device {tensor->Tensor.Device.DeviceType}; what is opened on the processor reads tensors on the processor, {Cpu}, and what is opened on a GPU those and its own, {Cuda}. Copy it there.");
        }

        long[] wanted = Check(tensor, shape);
        DlTensor* found = &tensor->Tensor;
        float* data = (float*)((byte*)found->Data + found->ByteOffset);
        return found->Strides is null || IsContiguous(found->Strides, wanted)
            ? new ReadOnlySpan<float>(data, checked((int)shape.Count))
            : Gathered(data, found->Strides, shape);
    }

    /// <summary>A tensor of one shape that lies on a backend's GPU, in its own memory.</summary>
    /// <exception cref="StatusException">It is of another type or shape, on another GPU, not contiguous or not aligned to 16 bytes.</exception>
    public static ITensor Wrap(DlManagedTensor* tensor, TensorShape shape, CudaBackend backend)
    {
        long[] wanted = Check(tensor, shape);
        DlTensor* found = &tensor->Tensor;
        if (found->Device.DeviceId != backend.Device.Ordinal)
        {
            throw StatusException.Argument($"The tensor is on GPU {found->Device.DeviceId}, and the device that was opened is GPU {backend.Device.Ordinal}.");
        }

        if (found->Strides is not null && !IsContiguous(found->Strides, wanted))
        {
            throw StatusException.Argument("The tensor's strides are not those of C order; on a GPU make it contiguous first.");
        }

        try
        {
            return backend.Wrap((ulong)found->Data + found->ByteOffset, shape);
        }
        catch (ArgumentException error)
        {
            throw StatusException.Argument($"The tensor's data cannot be used: {error.Message}");
        }
    }

    /// <summary>A tensor that owns its memory, filled with zeros.</summary>
    /// <param name="shape">At most four sizes.</param>
    public static DlManagedTensor* Create(ReadOnlySpan<long> shape)
    {
        // The structure, its shape and strides, and on a line of their own the values: one block.
        DlManagedTensor* tensor = Described(shape, (nuint)CountOf(shape) * sizeof(float));
        tensor->ManagerContext = tensor;
        tensor->Deleter = &Delete;
        tensor->Tensor.Data = (byte*)tensor + Head;
        tensor->Tensor.Device = new DlDevice { DeviceType = Cpu };
        return tensor;
    }

    /// <summary>A tensor that owns memory on a GPU; its deleter frees that.</summary>
    /// <param name="shape">At most four sizes.</param>
    /// <param name="device">The GPU.</param>
    public static DlManagedTensor* Create(ReadOnlySpan<long> shape, CudaDevice device)
    {
        DlManagedTensor* tensor = Described(shape, 0);
        CudaBuffer buffer;
        try
        {
            buffer = CudaBuffer.Allocate(device, CountOf(shape) * sizeof(float));
        }
        catch
        {
            NativeMemory.AlignedFree(tensor);
            throw;
        }

        tensor->ManagerContext = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(buffer));
        tensor->Deleter = &Delete;
        tensor->Tensor.Data = (void*)buffer.Address;
        tensor->Tensor.Device = new DlDevice { DeviceType = Cuda, DeviceId = device.Ordinal };
        return tensor;
    }

    /// <summary>Frees what <see cref="Create(ReadOnlySpan{long})"/> and <see cref="Create(ReadOnlySpan{long}, CudaDevice)"/> made, as its deleter does.</summary>
    public static void Free(DlManagedTensor* tensor)
    {
        if (tensor is not null)
        {
            if (tensor->ManagerContext != tensor)
            {
                GCHandle handle = GCHandle.FromIntPtr((nint)tensor->ManagerContext);
                ((CudaBuffer)handle.Target!).Dispose();
                handle.Free();
            }

            NativeMemory.AlignedFree(tensor);
        }
    }

    // The head of a tensor in memory of its own, with room behind it.
    private static DlManagedTensor* Described(ReadOnlySpan<long> shape, nuint room)
    {
        nuint bytes = Head + room;
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
        tensor->Tensor = new DlTensor
        {
            Dimensions = shape.Length,
            Type = new DlDataType { Code = Float, Bits = 32, Lanes = 1 },
            Shape = sizes,
            Strides = strides,
        };
        return tensor;
    }

    /// <summary>The values of a tensor on the processor that <see cref="Create(ReadOnlySpan{long})"/> made.</summary>
    public static Span<float> Values(DlManagedTensor* tensor)
    {
        long count = 1;
        for (int i = 0; i < tensor->Tensor.Dimensions; i++)
        {
            count *= tensor->Tensor.Shape[i];
        }

        return new Span<float>(tensor->Tensor.Data, checked((int)count));
    }

    // What a tensor must be wherever it lies.
    private static long[] Check(DlManagedTensor* tensor, TensorShape shape)
    {
        DlTensor* found = &tensor->Tensor;
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
        return wanted;
    }

    private static long CountOf(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long size in shape)
        {
            count = checked(count * size);
        }

        return count;
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
