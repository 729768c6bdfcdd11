using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>Queues the last operation of a program's way back, which makes the gradient at its input.</summary>
/// <param name="image">float32 of the shape, aligned to 16 bytes, whose sixth powers are summed up in the same launch; or none.</param>
/// <param name="shape">The image's.</param>
/// <param name="scratch">The image's; its parts get the sums.</param>
internal delegate void InputGradient(DevicePointer image, TensorShape shape, ReductionScratch? scratch);
