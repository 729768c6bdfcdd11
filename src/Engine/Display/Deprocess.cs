using VggCuda.Engine.Images;

namespace VggCuda.Engine.Display;

/// <summary>From optimised values to a picture that can be shown.</summary>
internal static class Deprocess
{
    private const double Epsilon = 1e-7;

    /// <summary>keras-vis's way: y = (x - mean) / (sd + 1e-7) * 0.1 + 0.5 over the whole image, clipped to 0..1, times 255, cut to a byte.</summary>
    /// <param name="image">(H, W, 3), any range.</param>
    /// <returns>(H, W, 3), 0..255, channels as in <paramref name="image"/>.</returns>
    /// <remarks>keras-vis 0.3.3 <c>utils.deprocess_input</c> with the default range 0..255: every picture gets the mean 127 and the deviation 25.5.</remarks>
    public static byte[] KerasVis(ReadOnlySpan<double> image)
    {
        (double mean, double deviation) = Statistics.MeanAndDeviation(image);
        byte[] display = new byte[image.Length];
        for (int i = 0; i < image.Length; i++)
        {
            double y = ((image[i] - mean) / (deviation + Epsilon) * 0.1) + 0.5;
            display[i] = (byte)(Math.Clamp(y, 0, 1) * 255);
        }

        return display;
    }
}
