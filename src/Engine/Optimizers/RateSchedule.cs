using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>How the rate goes from its own value to a part of it.</summary>
public enum RateCurve
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Along a straight line.</summary>
    Linear,

    /// <summary>Along half a cosine: slow, fast, slow. Loshchilov and Hutter (arXiv 1608.03983), without restarts.</summary>
    Cosine,

    /// <summary>By the same factor in each step.</summary>
    Exponential,
}

/// <summary>What the optimiser's rate is multiplied by in each step.</summary>
/// <param name="Curve">From 1 to <paramref name="End"/> over the steps behind the warm-up.</param>
/// <param name="End">The factor of the last step; above 0, at most 1.</param>
/// <param name="WarmUp">Steps at the start in which the factor rises evenly to 1; 0 for none.</param>
public sealed record RateSchedule(RateCurve Curve, double End = 0.1, int WarmUp = 0)
{
    /// <summary>The factors of a run.</summary>
    /// <param name="steps">Its steps.</param>
    public double[] Factors(int steps)
    {
        double[] factors = new double[steps];
        for (int t = 0; t < steps; t++)
        {
            double part = steps - 1 > WarmUp ? (double)(t - WarmUp) / (steps - 1 - WarmUp) : 0;
            factors[t] = t < WarmUp
                ? (double)(t + 1) / (WarmUp + 1)
                : Curve switch
                {
                    RateCurve.Linear => 1 + ((End - 1) * part),
                    RateCurve.Cosine => End + ((1 - End) * (1 + Math.Cos(Math.PI * part)) / 2),
                    RateCurve.Exponential => Math.Pow(End, part),
                    _ => 1,
                };
        }

        return factors;
    }

    /// <summary>Checks the settings.</summary>
    /// <param name="steps">Steps of the run.</param>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public void Validate(int steps)
    {
        if (!(End > 0 && End <= 1))
        {
            throw new PlanException($"The rate ends at {End} of itself; it must be above 0 and at most 1.");
        }

        if (WarmUp < 0 || WarmUp >= steps)
        {
            throw new PlanException($"The rate warms up over {WarmUp} of {steps} steps; it must be 0 or more, and leave one.");
        }
    }
}
