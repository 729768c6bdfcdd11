namespace VggCuda.Engine.Attribution;

/// <summary>How the integral over the path from the baseline to the picture is added up.</summary>
public enum Quadrature
{
    /// <summary>Gauss and Legendre's nodes and weights; captum's default.</summary>
    GaussLegendre,

    /// <summary>Riemann's sum over the middles of equal pieces.</summary>
    Midpoint,

    /// <summary>The trapezoidal rule: equal pieces, both ends with half the weight. (captum's <c>riemann_trapezoid</c> has weights that add up to 1 - 1/n.)</summary>
    Trapezoid,
}
