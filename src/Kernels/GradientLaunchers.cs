using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>What launches regularisers that were waited with.</summary>
/// <param name="LpNorm">A norm whose image has no variation taken.</param>
/// <param name="Regularize">The two together.</param>
internal sealed record GradientLaunchers(LpNorm LpNorm, Regularize Regularize);
