namespace VggCuda.Hdf5Loader.Files;

/// <summary>The 1,000 classes of the ImageNet challenge (ILSVRC 2012 to 2017), in the order of the published VGG16's outputs.</summary>
/// <remarks>
/// Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015 (arXiv 1409.0575). Ids are WordNet 3.0 noun
/// offsets, names one lemma of that synset (Miller, "WordNet: A Lexical Database for English", CACM 38, 1995), spelt as Keras's class
/// index spells them; classes are in the order of their ids.
/// </remarks>
public static class ImageNetClasses
{
    /// <summary>Number of classes.</summary>
    public const int Count = 1000;

    /// <summary>SHA-256 of the embedded file, lines <c>index TAB wnid TAB name</c> ending in a line feed.</summary>
    public const string Sha256 = "7718286753c998ae40f801c5a3326c424f01e5ea2201ae2574ca9dbbc70d9ccc";

    private static readonly Lazy<ClassNames> LazyNames = new(() => ClassNames.Parse(Bytes(), "the bundled ImageNet class names"));

    /// <summary>The names.</summary>
    public static ClassNames Names => LazyNames.Value;

    /// <summary>The embedded file as it is.</summary>
    public static byte[] Bytes()
    {
        using Stream stream = typeof(ImageNetClasses).Assembly.GetManifestResourceStream("VggCuda.imagenet.classes.txt")
            ?? throw new InvalidOperationException("The build left out the resource VggCuda.imagenet.classes.txt.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
