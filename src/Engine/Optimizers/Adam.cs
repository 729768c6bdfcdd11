using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>Adam: steps of the gradient's running mean over the root of its running mean square, both corrected for their start at zero.</summary>
/// <param name="Rate">lucid: 0.05, in units of a Fourier spectrum.</param>
/// <param name="Beta1">Decay of the mean.</param>
/// <param name="Beta2">Decay of the mean square.</param>
/// <param name="Epsilon">Added to the root.</param>
/// <param name="NormalizeGradient">Divide the gradient by its root mean square first: Adam's steps do not depend on the loss's scale, but on how it changes from step to step.</param>
/// <remarks>Kingma and Ba (arXiv 1412.6980), algorithm 1, with its defaults but the rate.</remarks>
public sealed record Adam(double Rate = 0.05, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, bool NormalizeGradient = false) : Optimizer
{
    private const double NormEpsilon = 1e-7;

    /// <inheritdoc/>
    public override int StateCount => 2;

    /// <inheritdoc/>
    public override Optimizer With(double? rate, bool? normalizes) => this with { Rate = rate ?? Rate, NormalizeGradient = normalizes ?? NormalizeGradient };

    /// <inheritdoc/>
    public override void Apply(IImageOperations operations, ITensor parameters, ITensor gradient, IReadOnlyList<ITensor> state, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(state);
        if (NormalizeGradient)
        {
            operations.NormalizeRms(gradient, NormEpsilon);
        }

        operations.Adam(parameters, gradient, state[0], state[1], step, Rate, Beta1, Beta2, Epsilon);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        if (!double.IsFinite(Rate) || Rate <= 0 || !(Beta1 >= 0 && Beta1 < 1) || !(Beta2 >= 0 && Beta2 < 1) || !double.IsFinite(Epsilon) || Epsilon <= 0)
        {
            throw new PlanException($"Adam with rate {Rate}, betas {Beta1} and {Beta2}, epsilon {Epsilon}: the rate and epsilon must be above 0, the betas in 0..1.");
        }
    }
}
