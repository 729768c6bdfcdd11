namespace VggCuda.Engine.Backends;

/// <summary>How a gradient g passes a ReLU on its way back, x being what went in.</summary>
public enum ReluRule
{
    /// <summary>The derivative: g where x &gt; 0.</summary>
    Plain,

    /// <summary>Guided backpropagation: g where x &gt; 0 and g &gt; 0. Springenberg et al., "Striving for Simplicity" (arXiv 1412.6806), section 3.4.</summary>
    Guided,

    /// <summary>Deconvolutional network: g where g &gt; 0, whatever x. Zeiler and Fergus (arXiv 1311.2901), section 2.1.</summary>
    Deconvnet,
}
