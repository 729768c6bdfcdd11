using System.Text.Json.Serialization;

namespace VggCuda.Engine.Display;

/// <summary>From the optimised picture to bytes for the eye.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(KerasVisDisplay), "keras-vis")]
[JsonDerivedType(typeof(RgbDisplay), "rgb")]
public abstract record PictureDisplay
{
    /// <summary>Shows a picture.</summary>
    /// <param name="picture">(H, W, 3), any range.</param>
    /// <returns>(H, W, 3), 0..255, channels as in <paramref name="picture"/>.</returns>
    public abstract byte[] Show(ReadOnlySpan<double> picture);
}
