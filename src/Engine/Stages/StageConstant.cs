using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>An array that a stage needs on the device and that never changes.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Its values, in C order.</param>
public sealed record StageConstant(TensorShape Shape, double[] Values);
