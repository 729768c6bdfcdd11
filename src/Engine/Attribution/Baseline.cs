namespace VggCuda.Engine.Attribution;

/// <summary>What stands for "nothing to be seen".</summary>
public enum Baseline
{
    /// <summary>What the network sees as 0: the mean colour of its training pictures, or black where it is fed raw.</summary>
    Zero,

    /// <summary>0 in all channels.</summary>
    Black,

    /// <summary>255 in all channels.</summary>
    White,

    /// <summary>The picture, blurred by a Gaussian of a twentieth of its side; at the borders over the pixels that are there.</summary>
    Blur,
}
