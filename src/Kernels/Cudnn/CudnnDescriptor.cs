using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A descriptor of cuDNN's backend API: a bag of typed attributes that is finalised before it is used.</summary>
/// <remarks>A descriptor that others refer to must outlive them; whoever builds a graph sees to that.</remarks>
internal sealed unsafe class CudnnDescriptor : SafeHandle
{
    private readonly CudnnDescriptorType _type;

    /// <summary>Creates an empty descriptor.</summary>
    public CudnnDescriptor(CudnnDescriptorType type)
        : base(0, ownsHandle: true)
    {
        _type = type;
        CudnnNative.ThrowIfFailed(CudnnNative.cudnnBackendCreateDescriptor(type, out nint raw), $"creating a descriptor ({type})");
        SetHandle(raw);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>cudnnBackendDescriptor_t.</summary>
    public nint Raw
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Sets 64-bit integers.</summary>
    public CudnnDescriptor Set(CudnnAttribute name, params ReadOnlySpan<long> values)
    {
        fixed (long* first = values)
        {
            return SetRaw(name, CudnnAttributeType.Int64, values.Length, first);
        }
    }

    /// <summary>Sets a float.</summary>
    public CudnnDescriptor Set(CudnnAttribute name, float value) => SetRaw(name, CudnnAttributeType.Float, 1, &value);

    /// <summary>Sets a boolean.</summary>
    public CudnnDescriptor Set(CudnnAttribute name, bool value)
    {
        byte one = value ? (byte)1 : (byte)0;
        return SetRaw(name, CudnnAttributeType.Boolean, 1, &one);
    }

    /// <summary>Sets a value of an enumeration, which cuDNN takes as int32 under a type of its own.</summary>
    public CudnnDescriptor SetEnum(CudnnAttribute name, CudnnAttributeType type, int value) => SetRaw(name, type, 1, &value);

    /// <summary>Sets other descriptors, which must be finalised.</summary>
    public CudnnDescriptor Set(CudnnAttribute name, params ReadOnlySpan<CudnnDescriptor> children)
    {
        nint* raw = stackalloc nint[children.Length];
        for (int i = 0; i < children.Length; i++)
        {
            raw[i] = children[i].Raw;
        }

        return SetRaw(name, CudnnAttributeType.BackendDescriptor, children.Length, raw);
    }

    /// <summary>Sets the library handle.</summary>
    public CudnnDescriptor Set(CudnnAttribute name, CudnnHandle library)
    {
        nint raw = library.Raw;
        return SetRaw(name, CudnnAttributeType.Handle, 1, &raw);
    }

    /// <summary>Sets device addresses.</summary>
    public CudnnDescriptor SetPointers(CudnnAttribute name, params ReadOnlySpan<DevicePointer> addresses)
    {
        fixed (DevicePointer* first = addresses)
        {
            return SetRaw(name, CudnnAttributeType.VoidPointer, addresses.Length, first);
        }
    }

    /// <summary>Sets text.</summary>
    public CudnnDescriptor SetText(CudnnAttribute name, ReadOnlySpan<byte> text)
    {
        fixed (byte* first = text)
        {
            return SetRaw(name, CudnnAttributeType.Char, text.Length, first);
        }
    }

    /// <summary>Finishes the descriptor.</summary>
    /// <exception cref="CudaException">cuDNN refuses it.</exception>
    public CudnnDescriptor Complete()
    {
        CudnnNative.ThrowIfFailed(CudnnNative.cudnnBackendFinalize(Raw), $"finalising a descriptor ({_type})");
        return this;
    }

    /// <summary>Finishes the descriptor, where cuDNN may well say no.</summary>
    /// <returns>Null, or why not.</returns>
    /// <exception cref="DeviceMemoryException">There was no memory for it, which says nothing about the descriptor.</exception>
    public DeviceException? TryComplete()
    {
        int status = CudnnNative.cudnnBackendFinalize(Raw);
        if (status == 0)
        {
            return null;
        }

        DeviceException failure = CudnnNative.Failure(status, $"finalising a descriptor ({_type})");
        return failure is DeviceMemoryException ? throw failure : failure;
    }

    /// <summary>One 64-bit integer.</summary>
    public long GetLong(CudnnAttribute name)
    {
        long value;
        GetRaw(name, CudnnAttributeType.Int64, 1, &value);
        return value;
    }

    /// <summary>Values of an enumeration.</summary>
    public int[] GetEnums(CudnnAttribute name, CudnnAttributeType type)
    {
        const int Most = 64;
        int* values = stackalloc int[Most];
        long count = GetRaw(name, type, Most, values);
        return new Span<int>(values, (int)Math.Min(count, Most)).ToArray();
    }

    /// <summary>Text of any length.</summary>
    public byte[] GetText(CudnnAttribute name)
    {
        byte[] text = new byte[GetRaw(name, CudnnAttributeType.Char, 0, null)];
        fixed (byte* first = text)
        {
            GetRaw(name, CudnnAttributeType.Char, text.Length, first);
        }

        return text;
    }

    /// <summary>Fills descriptors that the caller created empty.</summary>
    /// <returns>How many were filled.</returns>
    public int GetDescriptors(CudnnAttribute name, ReadOnlySpan<CudnnDescriptor> empty)
    {
        nint* raw = stackalloc nint[Math.Max(1, empty.Length)];
        for (int i = 0; i < empty.Length; i++)
        {
            raw[i] = empty[i].Raw;
        }

        return (int)GetRaw(name, CudnnAttributeType.BackendDescriptor, empty.Length, empty.Length == 0 ? null : raw);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CudnnNative.cudnnBackendDestroyDescriptor(handle) == 0;

    private CudnnDescriptor SetRaw(CudnnAttribute name, CudnnAttributeType type, long count, void* values)
    {
        CudnnNative.ThrowIfFailed(CudnnNative.cudnnBackendSetAttribute(Raw, name, type, count, values), $"setting {name} of a descriptor ({_type})");
        return this;
    }

    private long GetRaw(CudnnAttribute name, CudnnAttributeType type, long requested, void* values)
    {
        CudnnNative.ThrowIfFailed(CudnnNative.cudnnBackendGetAttribute(Raw, name, type, requested, out long count, values), $"reading {name} of a descriptor ({_type})");
        return count;
    }
}
