namespace VggCuda.Hdf5Loader.Files;

/// <summary>One of the VGG16 weight files that Keras's authors publish.</summary>
/// <remarks>
/// Ported to Keras from the Oxford group's weights (CC BY 4.0; Simonyan and Zisserman, arXiv 1409.1556). Address and MD5 as in Keras's
/// applications; an MD5 is all that is published.
/// </remarks>
/// <param name="Name">What commands call it.</param>
/// <param name="FileName">The name that Keras's cache and ours give it.</param>
/// <param name="Address">Where it is published.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Md5">Lower-case hex.</param>
/// <param name="Contents">One phrase for people.</param>
public sealed record PublishedWeights(string Name, string FileName, Uri Address, long Size, string Md5, string Contents)
{
    private const string Folder = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/";

    /// <summary>VGG16 with its dense layers, 1,000 classes.</summary>
    public static PublishedWeights ImageNet { get; } = Create(
        "imagenet", "vgg16_weights_tf_dim_ordering_tf_kernels.h5", 553_467_096, "64373286793e3c8b2b4e3219cbf3544b",
        "the published VGG16 for ImageNet, with its 1,000 classes");

    /// <summary>The convolutions alone.</summary>
    public static PublishedWeights ImageNetNoTop { get; } = Create(
        "imagenet-notop", "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5", 58_889_256, "6d6bbae143d832006294945121d1f1fc",
        "the published VGG16 for ImageNet without dense layers (filters only, no classes)");

    /// <summary>Both.</summary>
    public static IReadOnlyList<PublishedWeights> All { get; } = [ImageNet, ImageNetNoTop];

    /// <summary>The file of a name such as <c>imagenet</c>, or null.</summary>
    public static PublishedWeights? Named(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));

    private static PublishedWeights Create(string name, string fileName, long size, string md5, string contents) =>
        new(name, fileName, new Uri(Folder + fileName), size, md5, contents);
}
