using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>An optimiser's step that has not been launched yet.</summary>
/// <param name="Image">The picture, overwritten.</param>
/// <param name="Gradient">Its gradient.</param>
/// <param name="State">What the optimiser keeps, overwritten.</param>
/// <param name="Done">The count of steps, where it reads one.</param>
/// <param name="Launch">Queues it, on a gradient that is divided first, with a counter of blocks, and with what the step ends with.</param>
internal sealed record PendingDescent(CudaTensor Image, CudaTensor Gradient, CudaTensor[] State, CudaTensor? Done, Action<Division, DevicePointer, StepEnd> Launch);
