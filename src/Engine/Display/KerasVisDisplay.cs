namespace VggCuda.Engine.Display;

/// <summary>keras-vis's way, whatever the picture's range: mean 127, deviation 25.5.</summary>
public sealed record KerasVisDisplay : PictureDisplay
{
    /// <inheritdoc/>
    public override byte[] Show(ReadOnlySpan<double> picture) => Deprocess.KerasVis(picture);
}
