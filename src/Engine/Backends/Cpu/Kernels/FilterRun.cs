namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Filters to be transformed one after the other, and the floats between their parts.</summary>
/// <param name="Count">Steps.</param>
/// <param name="Columns">Vectors of filters side by side in each step, with their weights and with their products.</param>
/// <param name="WeightStride">From one of the nine weights to the next; negative for filters turned by 180 degrees, which begin at their last.</param>
/// <param name="WeightStep">From a step's weights to the next's.</param>
/// <param name="ProductStride">From one product to the next.</param>
/// <param name="TargetStep">From a step's products to the next's.</param>
internal readonly record struct FilterRun(int Count, int Columns, nint WeightStride, nint WeightStep, nint ProductStride, nint TargetStep);
