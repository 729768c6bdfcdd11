namespace VggCuda.Cli.Attribution;

/// <summary>How a picture of any shape comes to the network's square.</summary>
internal enum PictureFit
{
    /// <summary>The whole picture, stretched.</summary>
    Stretch,

    /// <summary>The middle, as a square of the shorter side.</summary>
    Crop,

    /// <summary>The whole picture, the rest of the square filled with what the network sees as 0.</summary>
    Pad,
}
