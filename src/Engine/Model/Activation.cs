namespace VggCuda.Engine.Model;

/// <summary>What a layer does to each of its sums.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>max(0, x).</summary>
    Relu,
}
