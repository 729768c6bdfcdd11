namespace VggCuda.Engine.Backends;

/// <summary>Fields of noise from a generator that counts: every value by itself, the same on every backend.</summary>
/// <remarks>
/// z = (u0 + u1 + u2 + u3 - 2) sqrt(3), the four numbers in 0..1 being the upper 24 bits of the words of Philox4x32-10 with the key
/// (seed, 0) and the counter (index, 0, 0, 0). Mean 0 and deviation 1; the sum of four is normal but for its tails, which end at 3.46.
/// Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
/// </remarks>
public static class NoiseField
{
    /// <summary>What a sum of four numbers of 24 bits is multiplied by.</summary>
    public const double Scale = 1.7320508075688772 / (1 << 24);

    /// <summary>Seeds are below this: what a float32 holds exactly.</summary>
    public const int Seeds = 1 << 24;

    private const int Middle = 1 << 25;

    /// <summary>A value of a field.</summary>
    /// <param name="seed">Which field.</param>
    /// <param name="index">Which of its values.</param>
    public static double At(uint seed, uint index) => Scale * Sum(seed, index);

    /// <summary>A value before it is multiplied by <see cref="Scale"/>: a whole number of at most 26 bits.</summary>
    /// <param name="seed">Which field.</param>
    /// <param name="index">Which of its values.</param>
    public static int Sum(uint seed, uint index)
    {
        (uint a, uint b, uint c, uint d) = Philox(seed, index);
        return (int)((a >> 8) + (b >> 8) + (c >> 8) + (d >> 8)) - Middle;
    }

    /// <summary>Philox4x32-10 with the key (seed, 0) and the counter (index, 0, 0, 0).</summary>
    internal static (uint A, uint B, uint C, uint D) Philox(uint seed, uint index)
    {
        (uint a, uint b, uint c, uint d) = (index, 0u, 0u, 0u);
        (uint left, uint right) = (seed, 0u);
        for (int round = 0; round < 10; round++)
        {
            ulong first = 0xD2511F53UL * a;
            ulong second = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ left, (uint)second, (uint)(first >> 32) ^ d ^ right, (uint)first);
            left += 0x9E3779B9;
            right += 0xBB67AE85;
        }

        return (a, b, c, d);
    }
}
