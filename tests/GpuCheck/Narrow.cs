using System.Runtime.InteropServices;
using VggCuda.Kernels.Operations;

namespace VggCuda.GpuCheck;

/// <summary>The network's number types on the host.</summary>
internal static class Narrow
{
    public static float Round(float value, ElementType type) => type switch
    {
        ElementType.Float16 => (float)(Half)value,
        ElementType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BFloat(value) << 16),
        _ => value,
    };

    public static byte[] Bytes(float[] values, ElementType type) => type switch
    {
        ElementType.Float16 => MemoryMarshal.AsBytes<Half>([.. values.Select(v => (Half)v)]).ToArray(),
        ElementType.BFloat16 => MemoryMarshal.AsBytes<ushort>([.. values.Select(BFloat)]).ToArray(),
        _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
    };

    public static float[] Floats(byte[] bytes, ElementType type) => type switch
    {
        ElementType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(h => (float)h)],
        ElementType.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16))],
        _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
    };

    // To nearest, ties to even.
    private static ushort BFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
