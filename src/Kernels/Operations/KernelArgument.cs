using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>One argument of a kernel: its bits and its type. Made by implicit conversion, so that a launch reads like a call.</summary>
/// <param name="bits">The value; 32-bit types in the lower half.</param>
/// <param name="kind">As in <see cref="KernelSignature"/>: l 64-bit integer or address, i 32-bit integer, f float, d double, a letter of its own for a struct of each size.</param>
/// <param name="words">What a struct holds.</param>
internal readonly struct KernelArgument(ulong bits, char kind, ulong[]? words = null)
{
    /// <summary>The value; little-endian, so that its address is also that of the 32-bit value.</summary>
    public readonly ulong Bits = bits;

    /// <summary>The type.</summary>
    public readonly char Kind = kind;

    /// <summary>What a struct holds, or null.</summary>
    public readonly ulong[]? Words = words;

    /// <summary>A struct that is passed by value, laid out as C++ does it: 64-bit fields on boundaries of 8 bytes, the whole a multiple of 8.</summary>
    public static KernelArgument Struct(params ReadOnlySpan<KernelArgument> fields)
    {
        List<ulong> words = [];
        bool half = false;
        foreach (KernelArgument field in fields)
        {
            bool narrow = field.Kind is 'i' or 'f';
            if (narrow && half)
            {
                words[^1] |= field.Bits << 32;
            }
            else
            {
                words.Add(field.Bits);
            }

            half = narrow && !half;
        }

        return new KernelArgument(0, KernelSignature.Struct(words.Count * sizeof(ulong)), [.. words]);
    }

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
