namespace VggCuda.Engine.Randomness;

/// <summary>The stream of <c>numpy.random.seed(s)</c>: MT19937 with NumPy's legacy conversions, bit for bit.</summary>
/// <remarks>
/// Matsumoto and Nishimura, "Mersenne Twister" (ACM TOMACS 8(1), 1998), seeded by <c>init_genrand</c>. Doubles take 53
/// bits of two outputs; integers are masked and rejected, as in <c>RandomState.randint</c>.
/// </remarks>
public sealed class NumPyRandom
{
    private const int N = 624;
    private const int M = 397;
    private readonly uint[] _state = new uint[N];
    private int _index = N;
    private double? _secondNormal;

    /// <summary>Starts the stream.</summary>
    /// <param name="seed">What <c>numpy.random.seed</c> gets.</param>
    public NumPyRandom(uint seed)
    {
        _state[0] = seed;
        for (int i = 1; i < N; i++)
        {
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;
        }
    }

    /// <summary>The next 32 bits.</summary>
    public uint NextUInt32()
    {
        if (_index == N)
        {
            Twist();
        }

        uint y = _state[_index++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary><c>random.random()</c>: uniform in [0, 1), 53 bits.</summary>
    public double NextDouble()
    {
        uint a = NextUInt32() >> 5;
        uint b = NextUInt32() >> 6;
        return ((a * 67108864.0) + b) / 9007199254740992.0;
    }

    /// <summary><c>random.standard_normal()</c>: mean 0, deviation 1, by the polar method; every second call gives the other half of the last pair.</summary>
    /// <remarks>Marsaglia and Bray, "A Convenient Method for Generating Normal Variables" (SIAM Review 6(3), 1964), in the order of NumPy's <c>legacy_gauss</c>.</remarks>
    public double NextNormal()
    {
        if (_secondNormal is double second)
        {
            _secondNormal = null;
            return second;
        }

        double x;
        double y;
        double square;
        do
        {
            x = (2 * NextDouble()) - 1;
            y = (2 * NextDouble()) - 1;
            square = (x * x) + (y * y);
        }
        while (square >= 1 || square == 0);
        double factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _secondNormal = factor * x;
        return factor * y;
    }

    /// <summary><c>random.randint(low, high)</c>: uniform whole number, low included, high excluded.</summary>
    public int NextInteger(int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(low, high);
        uint range = (uint)(high - 1 - low);
        if (range == 0)
        {
            return low;
        }

        uint mask = uint.MaxValue >> System.Numerics.BitOperations.LeadingZeroCount(range);
        uint value;
        do
        {
            value = NextUInt32() & mask;
        }
        while (value > range);
        return low + (int)value;
    }

    private void Twist()
    {
        for (int i = 0; i < N; i++)
        {
            uint y = (_state[i] & 0x80000000) | (_state[(i + 1) % N] & 0x7FFFFFFF);
            _state[i] = _state[(i + M) % N] ^ (y >> 1) ^ ((y & 1) * 0x9908B0DF);
        }

        _index = 0;
    }
}
