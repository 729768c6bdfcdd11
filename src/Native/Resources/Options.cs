using VggCuda.Native.Abi;

namespace VggCuda.Native.Resources;

/// <summary>Values that several structures have.</summary>
internal static class Options
{
    /// <summary>VGG_PREPROCESSING_...</summary>
    public static Engine.Model.Preprocessing Preprocessing(int value) => value switch
    {
        0 => Engine.Model.Preprocessing.Vgg16,
        1 => Engine.Model.Preprocessing.Raw,
        _ => throw StatusException.Argument($"preprocessing is {value}; it may be VGG_PREPROCESSING_VGG or VGG_PREPROCESSING_RAW, 0 or 1."),
    };

    /// <summary>What is reserved is zero.</summary>
    public static void RequireZero(int reserved)
    {
        if (reserved != 0)
        {
            throw StatusException.Argument($"A reserved member is {reserved}; it must be 0.");
        }
    }
}
