using System.Text.RegularExpressions;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>What a layer does to what passes through it, as far as a VGG is concerned.</summary>
internal enum LayerEffect
{
    /// <summary>Nothing when a network is used: inputs, dropout, noise, flattening, borders of zeros, augmentation.</summary>
    None,

    /// <summary>Changes pictures before they reach the network: scaling, normalisation.</summary>
    Preparation,

    /// <summary>ReLU, softmax, or an activation that the file does not name.</summary>
    Activation,

    /// <summary>Halving by maxima, as VGG does.</summary>
    MaxPool,

    /// <summary>Pooling by averages where VGG takes maxima.</summary>
    AveragePool,

    /// <summary>One value per channel instead of a flattened map.</summary>
    GlobalPool,

    /// <summary>Something that VGG does not do.</summary>
    Changes,

    /// <summary>Not told by what the file says.</summary>
    Unknown,
}

/// <summary>Keras's classes of layers, in small letters without underscores ("maxpooling2d"): told by a configuration, by a counted group name, or by a default name.</summary>
internal static partial class LayerClass
{
    public const string Convolution = "conv2d";
    public const string Dense = "dense";

    private static readonly Dictionary<string, LayerEffect> Effects = Table();

    /// <summary>The class of Keras's class name: MaxPooling2D is maxpooling2d.</summary>
    public static string OfClassName(string name) => Canonical(name);

    /// <summary>The group name that Keras 3 makes of a class name (<c>to_snake_case</c> in its <c>naming.py</c>): MaxPooling2D gives max_pooling2d.</summary>
    public static string GroupNameOf(string className) =>
        LowerThenUpper().Replace(AnyThenWord().Replace(NoWord().Replace(className, ""), "$1_$2"), "$1_$2").ToLowerInvariant();

    /// <summary>The class and number that a group or default name such as <c>max_pooling2d_3</c> is made of.</summary>
    /// <returns>The class without underscores, and the number: 0 without one.</returns>
    public static (string Class, int Number) Split(string name)
    {
        Match match = Counted().Match(name);
        return match.Success && int.TryParse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture, out int number)
            ? (Canonical(match.Groups[1].Value), number)
            : (Canonical(name), 0);
    }

    /// <summary>The class behind a layer's name where it is one of Keras's default names, else null.</summary>
    public static string? OfDefaultName(string name) => Split(name).Class is var found && Effects.ContainsKey(found) ? found : null;

    /// <summary>Whether layers of the class are convolutions as VGG has them, or may be: a class of the user's own.</summary>
    public static bool MayConvolve(string? name) => name is null or Convolution || !Effects.ContainsKey(name);

    /// <summary>Whether layers of the class are dense, or may be.</summary>
    public static bool MayBeDense(string? name) => name is null or Dense || !Effects.ContainsKey(name);

    /// <summary>What layers of the class do.</summary>
    public static LayerEffect EffectOf(string? name) => name is null ? LayerEffect.Unknown : Effects.GetValueOrDefault(name, LayerEffect.Unknown);

    private static string Canonical(string name)
    {
        string plain = name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        // Keras 1 said it in full.
        return plain == "convolution2d" ? Convolution : plain;
    }

    private static Dictionary<string, LayerEffect> Table()
    {
        Dictionary<string, LayerEffect> effects = [];
        Add(LayerEffect.None, "input inputlayer dropout spatialdropout2d gaussiannoise gaussiandropout alphadropout flatten zeropadding2d activityregularization identity "
            + "randomflip randomrotation randomzoom randomcontrast randombrightness randomtranslation randomcrop randomheight randomwidth randomshear");
        Add(LayerEffect.Preparation, "normalization rescaling resizing centercrop");
        Add(LayerEffect.Activation, "activation relu softmax");
        Add(LayerEffect.MaxPool, "maxpooling2d");
        Add(LayerEffect.AveragePool, "averagepooling2d");
        Add(LayerEffect.GlobalPool, "globalaveragepooling2d globalmaxpooling2d");
        Add(LayerEffect.Changes, "conv2d dense batchnormalization syncbatchnormalization layernormalization groupnormalization unitnormalization "
            + "leakyrelu elu prelu thresholdedrelu conv1d conv3d depthwiseconv2d depthwiseconv1d separableconv2d separableconv1d conv2dtranspose embedding einsumdense lstm gru simplernn "
            + "bidirectional timedistributed attention additiveattention multiheadattention add subtract multiply average maximum minimum concatenate dot reshape permute repeatvector "
            + "cropping2d upsampling2d lambda masking discretization categoryencoding hashing stringlookup integerlookup textvectorization functional sequential model");
        return effects;

        void Add(LayerEffect effect, string names)
        {
            foreach (string name in names.Split(' '))
            {
                effects.Add(name, effect);
            }
        }
    }

    [GeneratedRegex("^(.+?)_([0-9]{1,6})$")]
    private static partial Regex Counted();

    [GeneratedRegex(@"\W+")]
    private static partial Regex NoWord();

    [GeneratedRegex("(.)([A-Z][a-z]+)")]
    private static partial Regex AnyThenWord();

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex LowerThenUpper();
}
