using VggCuda.Engine.Display;
using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Attribution;

/// <summary>Where a picture lies in the network's square, and the square in the picture.</summary>
/// <param name="Fit">How it got there.</param>
/// <param name="Side">Rows and columns of the square.</param>
internal sealed record PictureFrame(PictureFit Fit, int Side)
{
    /// <summary>The part of a picture of some size that the network sees.</summary>
    public Box Seen(int width, int height)
    {
        int shorter = Math.Min(width, height);
        return Fit == PictureFit.Crop ? new Box((width - shorter) / 2, (height - shorter) / 2, shorter, shorter) : new Box(0, 0, width, height);
    }

    /// <summary>The part of the square that shows a picture of some size.</summary>
    public Box Shown(int width, int height)
    {
        if (Fit != PictureFit.Pad)
        {
            return new Box(0, 0, Side, Side);
        }

        double scale = (double)Side / Math.Max(width, height);
        int across = Math.Clamp((int)Math.Round(width * scale), 1, Side);
        int down = Math.Clamp((int)Math.Round(height * scale), 1, Side);
        return new Box((Side - across) / 2, (Side - down) / 2, across, down);
    }

    /// <summary>Writes what the network is fed with, (Side, Side, 3).</summary>
    public void Feed(Picture picture, Preprocessing preprocessing, Span<float> target)
    {
        Box seen = Seen(picture.Width, picture.Height);
        Box shown = Shown(picture.Width, picture.Height);
        Picture part = Resizing.Fit(Cut(picture, seen), shown.Width, shown.Height);
        ReadOnlySpan<double> means = Vgg16Means.Bgr;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = preprocessing == Preprocessing.Vgg16 ? (float)means[2 - (i % 3)] : 0;
        }

        for (int y = 0; y < shown.Height; y++)
        {
            int from = y * shown.Width * 3;
            int to = (((shown.Top + y) * Side) + shown.Left) * 3;
            for (int i = 0; i < shown.Width * 3; i++)
            {
                target[to + i] = part.Rgb[from + i];
            }
        }
    }

    private static Picture Cut(Picture picture, Box box)
    {
        if (box.Width == picture.Width && box.Height == picture.Height)
        {
            return picture;
        }

        Picture part = Picture.Black(box.Width, box.Height);
        for (int y = 0; y < box.Height; y++)
        {
            picture.Rgb.AsSpan((((box.Top + y) * picture.Width) + box.Left) * 3, box.Width * 3).CopyTo(part.Rgb.AsSpan(y * box.Width * 3));
        }

        return part;
    }
}
