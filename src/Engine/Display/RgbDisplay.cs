namespace VggCuda.Engine.Display;

/// <summary>The picture is RGB 0..255 already: rounded to the nearest byte, clipped at both ends; what is no number is black.</summary>
public sealed record RgbDisplay : PictureDisplay
{
    /// <inheritdoc/>
    public override byte[] Show(ReadOnlySpan<double> picture)
    {
        byte[] display = new byte[picture.Length];
        for (int i = 0; i < picture.Length; i++)
        {
            display[i] = double.IsNaN(picture[i]) ? (byte)0 : (byte)Math.Round(Math.Clamp(picture[i], 0, 255));
        }

        return display;
    }
}
