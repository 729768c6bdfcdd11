using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>x[c] = image[2 - c] - mean[c]: RGB to BGR minus the training pictures' means; or nothing at all.</summary>
/// <remarks>Keras's "caffe" mode. The convolutions' zero padding comes after it, so the border counts as the mean colour.</remarks>
internal static class InputPreprocessing
{
    /// <summary>(N, H, W, 3) to (N, H, W, 3).</summary>
    public static void Forward(double[] image, double[] input, Preprocessing kind)
    {
        for (int i = 0; i < image.Length; i++)
        {
            int channel = i % 3;
            input[i] = kind == Preprocessing.Vgg16 ? image[i - channel + 2 - channel] - Vgg16Means.Bgr[channel] : image[i];
        }
    }

    /// <summary>dimage[c] = dx[2 - c]: the gradient comes back in RGB.</summary>
    public static void Backward(double[] inputGradient, double[] imageGradient, Preprocessing kind)
    {
        for (int i = 0; i < imageGradient.Length; i++)
        {
            int channel = i % 3;
            imageGradient[i] = kind == Preprocessing.Vgg16 ? inputGradient[i - channel + 2 - channel] : inputGradient[i];
        }
    }
}
