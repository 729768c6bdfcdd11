namespace VggCuda.Hdf5Loader.Keras;

/// <summary>Words about layers, for messages.</summary>
internal static class LayerText
{
    /// <summary>"1st", "2nd", "3rd", "11th".</summary>
    public static string Ordinal(int number) => number + ((number % 100) is >= 11 and <= 13 ? "th" : (number % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });

    /// <summary>The first of some names, and how many more there are.</summary>
    public static string Some(IReadOnlyCollection<string> names) => names.Count switch
    {
        0 => "none",
        <= 6 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(6))}, and {names.Count - 6} more",
    };

    /// <summary>"(3, 3, 64, 128)".</summary>
    public static string Shape(IEnumerable<long> shape) => $"({string.Join(", ", shape)})";
}
