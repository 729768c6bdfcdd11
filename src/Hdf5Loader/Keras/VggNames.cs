using System.Text.RegularExpressions;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>The names that layers of VGGs go by.</summary>
internal static partial class VggNames
{
    /// <summary>Whether Keras's VGGs have a layer with weights of that name.</summary>
    public static bool IsLayer(string name) => IsConvolution(name) || IsDense(name);

    /// <summary>Whether the name is of the form of Keras's convolutions, block3_conv1, whether or not a known network has it.</summary>
    public static bool IsConvolution(string name) => KerasConvolution().IsMatch(name);

    /// <summary>Whether the name is one of Keras's dense layers.</summary>
    public static bool IsDense(string name) => Head.KerasNames.Contains(name);

    /// <summary>Keras's name for one of Caffe's, which VGG-Face has too: conv3_1 is block3_conv1. Null for others.</summary>
    public static string? OfCaffe(string name) => CaffeConvolution().Match(name) is { Success: true } match ? $"block{match.Groups[1].Value}_conv{match.Groups[2].Value}" : null;

    /// <summary>Whether the name is one of Caffe's for the dense layers.</summary>
    public static bool IsCaffeDense(string name) => CaffeDense().IsMatch(name);

    [GeneratedRegex("^block[1-5]_conv[0-9]$")]
    private static partial Regex KerasConvolution();

    [GeneratedRegex("^(?:[a-z]+[_-])?conv([1-5])[_-]([1-4])$", RegexOptions.IgnoreCase)]
    private static partial Regex CaffeConvolution();

    [GeneratedRegex("^fc[_-]?[678]$", RegexOptions.IgnoreCase)]
    private static partial Regex CaffeDense();
}
