using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>One argument of a kernel: its bits and its type. Made by implicit conversion, so that a launch reads like a call.</summary>
/// <param name="bits">The value; 32-bit types in the lower half.</param>
/// <param name="kind">As in <see cref="KernelSignature"/>: l 64-bit integer or address, i 32-bit integer, f float, d double.</param>
internal readonly struct KernelArgument(ulong bits, char kind)
{
    /// <summary>The value; little-endian, so that its address is also that of the 32-bit value.</summary>
    public readonly ulong Bits = bits;

    /// <summary>The type.</summary>
    public readonly char Kind = kind;

    /// <summary>A device address.</summary>
    public static implicit operator KernelArgument(DevicePointer value) => new(value.Address, 'l');

    /// <summary>An unsigned 64-bit integer.</summary>
    public static implicit operator KernelArgument(ulong value) => new(value, 'l');

    /// <summary>A count, never negative.</summary>
    public static implicit operator KernelArgument(long value) => new(checked((ulong)value), 'l');

    /// <summary>A 32-bit integer.</summary>
    public static implicit operator KernelArgument(int value) => new((uint)value, 'i');

    /// <summary>An unsigned 32-bit integer.</summary>
    public static implicit operator KernelArgument(uint value) => new(value, 'i');

    /// <summary>A float.</summary>
    public static implicit operator KernelArgument(float value) => new(BitConverter.SingleToUInt32Bits(value), 'f');

    /// <summary>A double.</summary>
    public static implicit operator KernelArgument(double value) => new(BitConverter.DoubleToUInt64Bits(value), 'd');
}
