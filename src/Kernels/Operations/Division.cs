using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>That a gradient is divided by its root mean square before an optimiser takes it.</summary>
/// <param name="Parts">double (images, 512): sums of squares of each image's parts, by <see cref="NormalizeRms.Sum"/>; or none, and nothing is divided.</param>
/// <param name="Epsilon">Added to the root.</param>
internal readonly record struct Division(DevicePointer Parts, double Epsilon);
