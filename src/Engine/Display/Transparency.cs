namespace VggCuda.Engine.Display;

/// <summary>An importance map as opacity.</summary>
/// <remarks>MACO (Fel et al., NeurIPS 2023): cut off above at the map's 80th percentile, divided by that.</remarks>
public static class Transparency
{
    private const double CutAt = 0.8;

    /// <summary>Opacity of each pixel, 0 to 255: 255 for the most important fifth, in proportion below.</summary>
    /// <param name="importance">One value of 0 or more per pixel.</param>
    /// <returns>As many values; 255 everywhere where nothing is more important than 0, or a value is not finite.</returns>
    public static byte[] Of(ReadOnlySpan<float> importance)
    {
        byte[] opacity = new byte[importance.Length];
        float[] sorted = importance.ToArray();
        Array.Sort(sorted);
        double cut = sorted.Length == 0 ? 0 : sorted[(int)(CutAt * (sorted.Length - 1))];

        // Where four fifths are nothing, what is something is opaque.
        double most = cut > 0 ? cut : sorted.Length == 0 ? 0 : sorted[^1];
        for (int i = 0; i < opacity.Length; i++)
        {
            opacity[i] = most > 0 && double.IsFinite(most) && float.IsFinite(importance[i]) ? (byte)Math.Round(255 * Math.Clamp(importance[i] / most, 0, 1)) : (byte)255;
        }

        return opacity;
    }
}
