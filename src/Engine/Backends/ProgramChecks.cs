namespace VggCuda.Engine.Backends;

/// <summary>The arguments of a backward pass, checked in one place for all backends.</summary>
public static class ProgramChecks
{
    /// <summary>Checks what a backward pass is given against the program's spec.</summary>
    /// <exception cref="InvalidOperationException">The program was compiled without a backward pass.</exception>
    /// <exception cref="ArgumentException">A count or a shape does not fit, nothing is given, or nothing is wanted.</exception>
    public static void Gradients(INetworkProgram program, ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step)
    {
        ProgramSpec spec = program.Spec;
        if (!spec.NeedsGradient)
        {
            throw new InvalidOperationException("This program was compiled without a backward pass; set ProgramSpec.NeedsGradient.");
        }

        if (tapGradients.Length != spec.Taps.Length)
        {
            throw new ArgumentException($"{tapGradients.Length} gradients for {spec.Taps.Length} taps; one place for each is needed, null where nothing is given.", nameof(tapGradients));
        }

        if (spec.RescuedSteps > 0 && step?.Shape != TensorShape.PerImage(1))
        {
            throw new ArgumentException($"The step is {step?.Shape.ToString() ?? "missing"}; {TensorShape.PerImage(1)} is needed, since dead units are rescued in the first {spec.RescuedSteps} steps.", nameof(step));
        }

        bool given = false;
        for (int i = 0; i < tapGradients.Length; i++)
        {
            if (tapGradients[i] is ITensor gradient)
            {
                given = true;
                if (gradient.Shape != spec.TapShape(i))
                {
                    throw new ArgumentException($"The gradient at tap {i} ({spec.Taps[i].Layer.Name}) is {gradient.Shape}; the tap is {spec.TapShape(i)}.", nameof(tapGradients));
                }
            }
        }

        if (!given)
        {
            throw new ArgumentException("No tap is given a gradient; at least one is needed.", nameof(tapGradients));
        }

        if (inputGradient is null && !spec.Taps.Any(t => t.WantsGradient))
        {
            throw new ArgumentException("Neither the input's gradient nor one at a tap is wanted.", nameof(inputGradient));
        }
    }
}
