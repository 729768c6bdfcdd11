using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What follows a convolution, and its way back, on rows of one channel block of a map: for maps that a tap looks at between the convolution and what usually happens in its registers.</summary>
internal static unsafe class MapKernels<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>One bit per value that is above zero.</summary>
    /// <param name="row">First value.</param>
    /// <param name="columns">Vectors.</param>
    /// <param name="masks">Overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PositiveBits(float* row, int columns, ushort* masks)
    {
        for (int x = 0; x < columns; x++)
        {
            masks[x] = (ushort)TLanes.PositiveBits(TLanes.Load(row + (x * TLanes.Width)));
        }
    }

    /// <summary>ReLU in place; for a gradient: keeps what is above zero.</summary>
    /// <param name="row">First value.</param>
    /// <param name="columns">Vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Relu(float* row, int columns)
    {
        for (int x = 0; x < columns; x++)
        {
            TLanes.Store(row + (x * TLanes.Width), TLanes.Relu(TLanes.Load(row + (x * TLanes.Width))));
        }
    }

    /// <summary>Keeps the values whose bit is set, in place.</summary>
    /// <param name="row">First value.</param>
    /// <param name="columns">Vectors.</param>
    /// <param name="masks">One per vector.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mask(float* row, int columns, ushort* masks)
    {
        for (int x = 0; x < columns; x++)
        {
            TLanes.Store(row + (x * TLanes.Width), TLanes.Select(masks[x], TLanes.Load(row + (x * TLanes.Width))));
        }
    }

    /// <summary>ReLU and 2x2 pooling of two rows, with the bits and the values of <see cref="OutputTransform{TLanes, TVector}"/>.</summary>
    /// <param name="upper">First value of the upper row, before ReLU.</param>
    /// <param name="lower">The row below.</param>
    /// <param name="target">First pooled value.</param>
    /// <param name="columns">Pooled vectors.</param>
    /// <param name="masks">Where the first maximum was, also where nothing was above zero; or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pool(float* upper, float* lower, float* target, int columns, ulong* masks)
    {
        for (int x = 0; x < columns; x++)
        {
            int at = 2 * x * TLanes.Width;
            TVector best = OutputTransform<TLanes, TVector>.Pool(
                TLanes.Load(upper + at), TLanes.Load(upper + at + TLanes.Width), TLanes.Load(lower + at), TLanes.Load(lower + at + TLanes.Width), out ulong mask);
            TLanes.Store(target + (x * TLanes.Width), best);
            if (masks is not null)
            {
                masks[x] = PoolMask.WithDead(mask);
            }
        }
    }

    /// <summary>Two rows of the gradient before a pooling: each pooled value goes to the place its mask names, zeros elsewhere.</summary>
    /// <param name="pooled">First pooled value.</param>
    /// <param name="masks">Its mask.</param>
    /// <param name="columns">Pooled vectors.</param>
    /// <param name="upper">First value of the upper row, overwritten.</param>
    /// <param name="lower">The row below, overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpool(float* pooled, ulong* masks, int columns, float* upper, float* lower)
    {
        for (int x = 0; x < columns; x++)
        {
            TVector value = TLanes.Load(pooled + (x * TLanes.Width));
            ulong mask = masks[x];
            int at = 2 * x * TLanes.Width;
            TLanes.Store(upper + at, TLanes.Select((uint)mask & 0xFFFF, value));
            TLanes.Store(upper + at + TLanes.Width, TLanes.Select((uint)(mask >> 16) & 0xFFFF, value));
            TLanes.Store(lower + at, TLanes.Select((uint)(mask >> 32) & 0xFFFF, value));
            TLanes.Store(lower + at + TLanes.Width, TLanes.Select((uint)(mask >> 48), value));
        }
    }

    /// <summary>Adds channels-last values, times a factor, to a row of a full channel block.</summary>
    /// <param name="values">The block's channels of the first pixel.</param>
    /// <param name="stride">Floats between pixels.</param>
    /// <param name="factor">Factor.</param>
    /// <param name="row">First value of the row.</param>
    /// <param name="columns">Pixels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddPixels(float* values, int stride, float factor, float* row, int columns)
    {
        TVector scale = TLanes.Create(factor);
        for (int x = 0; x < columns; x++)
        {
            TLanes.Store(row, TLanes.Add(TLanes.Load(row), TLanes.Multiply(TLanes.Load(values), scale)));
            row += TLanes.Width;
            values += stride;
        }
    }
}
