namespace VggCuda.Hdf5Loader.Files;

/// <summary>A download that ended without its file. The message says what happened, and how to go on; it is fit to be shown to a user.</summary>
public sealed class DownloadException : IOException
{
    /// <summary>Creates the exception.</summary>
    public DownloadException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
