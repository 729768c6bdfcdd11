using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Where a tap's gradient goes on its way back, as <see cref="Tap.Scatter"/> takes it.</summary>
/// <param name="Gradient">float32 (N, positions, wanted).</param>
/// <param name="First">int32 (N, channels): the first k whose index is c, or -1.</param>
/// <param name="Next">int32 (N, wanted): the next k with the same index, or -1.</param>
/// <param name="Mask">T (N, positions, channels), what the ReLU gave; or none.</param>
/// <param name="Target">T (N, positions, channels), aligned to 16 bytes, wholly overwritten; channels a multiple of 8. Not what is gathered from.</param>
/// <param name="Scale">Factor.</param>
internal sealed record TapScattering(DevicePointer Gradient, DevicePointer First, DevicePointer Next, DevicePointer Mask, DevicePointer Target, float Scale);
