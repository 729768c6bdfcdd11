namespace VggCuda.Engine.Model;

/// <summary>The five kinds of layers a VGG is made of.</summary>
public enum LayerKind
{
    /// <summary>The input, no computation.</summary>
    Input,

    /// <summary>3x3 convolution, stride 1, zero padding 1, bias.</summary>
    Convolution,

    /// <summary>2x2 maximum, stride 2, no padding (an odd last row or column is dropped).</summary>
    MaxPool,

    /// <summary>(h, w, c) to a vector in C order: index = (y * w + x) * c + channel.</summary>
    Flatten,

    /// <summary>Fully connected, bias.</summary>
    Dense,
}
