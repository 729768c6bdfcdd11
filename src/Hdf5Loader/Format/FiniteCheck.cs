using System.Numerics;
using System.Runtime.InteropServices;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>Looks for NaN and infinities: values whose eight exponent bits are all set.</summary>
internal static class FiniteCheck
{
    private const uint Exponent = 0x7F800000;

    /// <summary>The first value that is not finite, or -1.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        int i = 0;
        Vector<uint> mask = new(Exponent);
        int width = Vector<uint>.Count;
        for (; i <= bits.Length - (4 * width); i += 4 * width)
        {
            Vector<uint> found = Vector.Equals(new Vector<uint>(bits[i..]) & mask, mask)
                | Vector.Equals(new Vector<uint>(bits[(i + width)..]) & mask, mask)
                | Vector.Equals(new Vector<uint>(bits[(i + (2 * width))..]) & mask, mask)
                | Vector.Equals(new Vector<uint>(bits[(i + (3 * width))..]) & mask, mask);
            if (found != Vector<uint>.Zero)
            {
                break;
            }
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & Exponent) == Exponent)
            {
                return i;
            }
        }

        return -1;
    }
}
