namespace VggCuda.Engine.Attribution;

/// <summary>What becomes of each value g of a gradient before it is made a map: keras-vis's <c>grad_modifiers</c>.</summary>
public enum GradientModifier
{
    /// <summary>g.</summary>
    None,

    /// <summary>|g|.</summary>
    Absolute,

    /// <summary>g where it is positive, else 0.</summary>
    Relu,

    /// <summary>-g.</summary>
    Negate,

    /// <summary>1 / (g + 1e-7).</summary>
    Invert,

    /// <summary>|1 / (g + 1e-7)|: shows where the gradient is small.</summary>
    SmallValues,
}
