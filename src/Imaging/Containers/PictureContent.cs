using SixLabors.ImageSharp.Formats;

namespace VggCuda.Imaging.Containers;

/// <summary>A picture file taken apart: what makes its pixels, found whole, and how they are to be shown.</summary>
internal sealed record PictureContent
{
    /// <summary>A file of the same format with nothing in it but what makes the pixels of the first frame: all that the decoder sees.</summary>
    public required ReadOnlyMemory<byte> Essence { get; init; }

    /// <summary>Decodes <see cref="Essence"/>.</summary>
    public required IImageDecoder Decoder { get; init; }

    /// <summary>Columns of the whole picture as stored, before it is turned.</summary>
    public required int Width { get; init; }

    /// <summary>Rows likewise.</summary>
    public required int Height { get; init; }

    /// <summary>Where the frame lies in the picture; around it is nothing.</summary>
    public (int Left, int Top) Offset { get; init; }

    /// <summary>Whether channels have 16 bits.</summary>
    public bool IsDeep { get; init; }

    /// <summary>Exif's orientation, 1..8.</summary>
    public int Orientation { get; init; } = 1;
}
