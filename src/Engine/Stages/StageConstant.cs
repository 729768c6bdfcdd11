using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>An array that a stage needs on the device and that never changes.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Works its values out, in C order: only when they are wanted, since they may be many.</param>
public sealed record StageConstant(TensorShape Shape, Func<double[]> Values);
