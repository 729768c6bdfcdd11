using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>RMSprop on a gradient that was first divided by its root mean square.</summary>
/// <param name="Rate">keras-vis: 1, in units of the image (0..255).</param>
/// <param name="Decay">keras-vis: 0.95.</param>
/// <param name="Epsilon">Inside the root, and added to the root mean square; keras-vis: 1e-7.</param>
/// <param name="NormalizeGradient">Divide by the root mean square first; keras-vis 0.3.1 to 0.4.1: yes.</param>
/// <remarks>Tieleman and Hinton, "Lecture 6.5: RMSprop" (2012), in the form of keras-vis 0.3.3's <c>Optimizer</c>.</remarks>
public sealed record RmsProp(double Rate = 1, double Decay = 0.95, double Epsilon = 1e-7, bool NormalizeGradient = true) : Optimizer
{
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

        operations.RmsProp(parameters, gradient, state[0], Rate, Decay, Epsilon);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        if (!double.IsFinite(Rate) || Rate <= 0 || !(Decay >= 0 && Decay < 1) || !double.IsFinite(Epsilon) || Epsilon <= 0)
        {
            throw new PlanException($"RMSprop with rate {Rate}, decay {Decay}, epsilon {Epsilon}: the rate and epsilon must be above 0, the decay in 0..1.");
        }
    }
}
