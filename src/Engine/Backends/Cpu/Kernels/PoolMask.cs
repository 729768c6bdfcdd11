namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Where the first maximum of a pooling window was: 16 bits, one per channel, for each of the four places in row-major order.</summary>
internal static class PoolMask
{
    /// <summary>The first place for channels that have none because nothing was above zero: to the pooling, which comes after the ReLU, all four are zeros there.</summary>
    public static ulong WithDead(ulong mask) => mask | (~(mask | (mask >> 16) | (mask >> 32) | (mask >> 48)) & 0xFFFF);
}
