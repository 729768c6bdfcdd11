namespace VggCuda.Engine.Attribution;

/// <summary>keras-vis's grad modifiers, done.</summary>
internal static class GradientModifiers
{
    // keras.backend.epsilon().
    private const double Epsilon = 1e-7;

    public static double Apply(this GradientModifier modifier, double g) => modifier switch
    {
        GradientModifier.Absolute => Math.Abs(g),
        GradientModifier.Relu => Math.Max(g, 0),
        GradientModifier.Negate => -g,
        GradientModifier.Invert => 1 / (g + Epsilon),
        GradientModifier.SmallValues => Math.Abs(1 / (g + Epsilon)),
        _ => g,
    };

    /// <summary>map[i] = the largest of the modified values of pixel i's channels.</summary>
    public static void LargestOfChannels(this GradientModifier modifier, ReadOnlySpan<double> gradient, Span<double> map)
    {
        for (int i = 0; i < map.Length; i++)
        {
            ReadOnlySpan<double> g = gradient.Slice(3 * i, 3);
            map[i] = Math.Max(modifier.Apply(g[0]), Math.Max(modifier.Apply(g[1]), modifier.Apply(g[2])));
        }
    }

    /// <summary>Modifies in place.</summary>
    public static void Apply(this GradientModifier modifier, Span<double> gradient)
    {
        if (modifier != GradientModifier.None)
        {
            foreach (ref double g in gradient)
            {
                g = modifier.Apply(g);
            }
        }
    }

    /// <summary>Whether what comes out can have both signs.</summary>
    public static bool IsSigned(this GradientModifier modifier) => modifier is GradientModifier.None or GradientModifier.Negate or GradientModifier.Invert;
}
