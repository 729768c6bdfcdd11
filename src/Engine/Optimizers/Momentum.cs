using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>Gradient descent that keeps part of its last step.</summary>
/// <param name="Rate">Length of a step, in units of the parameters.</param>
/// <param name="Decay">What remains of the velocity.</param>
/// <param name="NormalizeGradient">Divide the gradient by its root mean square first, so that the rate does not depend on the loss's scale.</param>
/// <remarks>Polyak (1964), in the form of PyTorch's <c>SGD</c>; DeepDream's ascent divides by the gradient's size too.</remarks>
public sealed record Momentum(double Rate = 1, double Decay = 0.9, bool NormalizeGradient = true) : Optimizer
{
    private const double Epsilon = 1e-7;

    /// <inheritdoc/>
    public override int StateCount => 1;

    /// <inheritdoc/>
    public override Optimizer With(double? rate, bool? normalizes) => this with { Rate = rate ?? Rate, NormalizeGradient = normalizes ?? NormalizeGradient };

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor parameters, ITensor gradient, IReadOnlyList<ITensor> state, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(state);
        if (NormalizeGradient)
        {
            operations.NormalizeRms(gradient, Epsilon);
        }

        operations.Momentum(parameters, gradient, state[0], Rate, Decay);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        if (!double.IsFinite(Rate) || Rate <= 0 || !(Decay >= 0 && Decay < 1))
        {
            throw new PlanException($"Momentum with rate {Rate} and decay {Decay}: the rate must be above 0, the decay in 0..1.");
        }
    }
}
