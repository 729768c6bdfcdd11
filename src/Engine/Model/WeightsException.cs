namespace VggCuda.Engine.Model;

/// <summary>Weights that cannot be read, or are not what they should be.</summary>
/// <remarks>The message names the source, the layer where there is one, and the cause; it is fit to be shown to a user as it is.</remarks>
public sealed class WeightsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The file's path, or what else the weights come from.</param>
    /// <param name="layer">The layer concerned, or null.</param>
    /// <param name="cause">What was wrong, what was expected, what to do.</param>
    /// <param name="inner">The underlying failure, if any.</param>
    public WeightsException(string source, string? layer, string cause, Exception? inner = null)
        : base(layer is null ? $"{source}: {cause}" : $"{source}: layer '{layer}': {cause}", inner)
    {
        WeightsSource = source;
        Layer = layer;
        Cause = cause;
    }

    /// <summary>The file's path, or what else the weights come from.</summary>
    public string WeightsSource { get; }

    /// <summary>The layer concerned, or null.</summary>
    public string? Layer { get; }

    /// <summary>What was wrong.</summary>
    public string Cause { get; }
}
