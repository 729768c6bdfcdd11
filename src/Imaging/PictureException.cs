namespace VggCuda.Imaging;

/// <summary>A picture or array file that cannot be read, or is not what it should be.</summary>
/// <remarks>The message names the file, the cause and what was expected; it is fit to be shown to a user as it is.</remarks>
public sealed class PictureException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="source">The file's path, or what else the picture comes from.</param>
    /// <param name="cause">What was wrong, what was expected, what to do.</param>
    /// <param name="inner">The underlying failure, if any.</param>
    public PictureException(string source, string cause, Exception? inner = null)
        : base($"{source}: {cause}", inner)
    {
        PictureSource = source;
        Cause = cause;
    }

    /// <summary>The file's path, or what else the picture comes from.</summary>
    public string PictureSource { get; }

    /// <summary>What was wrong.</summary>
    public string Cause { get; }
}
