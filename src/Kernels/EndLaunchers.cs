using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>What launches the end of a step where no optimiser takes it along.</summary>
/// <param name="NormalizeRms">A division by itself, and its sums.</param>
/// <param name="KeepBest">A best picture.</param>
/// <param name="Tally">A few numbers.</param>
/// <param name="Fill">A filling that nothing has taken over.</param>
internal sealed record EndLaunchers(NormalizeRms NormalizeRms, KeepBest KeepBest, Tally Tally, Fill Fill);
