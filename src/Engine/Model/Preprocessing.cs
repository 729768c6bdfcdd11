namespace VggCuda.Engine.Model;

/// <summary>What happens to the image on its way into the network.</summary>
public enum Preprocessing
{
    /// <summary>Nothing: the array is fed as it is, as keras-vis does.</summary>
    Raw,

    /// <summary>RGB 0..255 to BGR minus (103.939, 116.779, 123.68), what the VGGs were trained on ("caffe" mode in Keras). Gradients come back in RGB.</summary>
    Vgg16,
}

/// <summary>Constants of <see cref="Preprocessing.Vgg16"/>.</summary>
public static class Vgg16Means
{
    /// <summary>Mean of ImageNet's training pictures in network channel order: blue, green, red.</summary>
    public static ReadOnlySpan<double> Bgr => [103.939, 116.779, 123.68];
}
