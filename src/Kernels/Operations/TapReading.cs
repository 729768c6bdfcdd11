using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>What a tap is gathered from: tap[n, p, k] = y[n, p, index[n, k]], 0 where the index is -1.</summary>
/// <param name="Source">y: T (N, positions, channels).</param>
/// <param name="Index">int32 (N, wanted).</param>
/// <param name="Tap">float32 (N, positions, wanted), overwritten.</param>
/// <param name="Images">N.</param>
/// <param name="Positions">Of an image.</param>
/// <param name="Channels">That are stored.</param>
/// <param name="Wanted">Channels of the tap.</param>
/// <param name="Type">T.</param>
/// <param name="Status">One int32 that gets the mark where a value is not finite; or none.</param>
/// <param name="Mark">The mark.</param>
internal sealed record TapReading(
    DevicePointer Source, DevicePointer Index, DevicePointer Tap, int Images, int Positions, int Channels, int Wanted, ElementType Type, DevicePointer Status, int Mark);
