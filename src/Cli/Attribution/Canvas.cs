using VggCuda.Engine.Display;
using VggCuda.Imaging;

namespace VggCuda.Cli.Attribution;

/// <summary>A white sheet to lay pictures, bars and lines of text on. What lies beyond its edges is left out.</summary>
internal sealed class Canvas
{
    private const int TextTop = 6;
    private const int FontSquare = 224;
    private readonly Picture _picture;

    public Canvas(int width, int height)
    {
        _picture = Picture.Black(width, height);
        _picture.Rgb.AsSpan().Fill(255);
    }

    /// <summary>Rows that a line of text takes.</summary>
    public static int LineHeight => 20;

    /// <summary>The sheet so far.</summary>
    public Picture Picture => _picture;

    /// <summary>Lays a picture down.</summary>
    public void Paste(int width, int height, ReadOnlySpan<byte> rgb, int left, int top)
    {
        int across = Math.Min(width, _picture.Width - left);
        for (int y = 0; y < height && top + y < _picture.Height && across > 0; y++)
        {
            rgb.Slice(y * width * 3, across * 3).CopyTo(_picture.Rgb.AsSpan((((top + y) * _picture.Width) + left) * 3));
        }
    }

    /// <summary>Fills a rectangle with a grey.</summary>
    public void Fill(Box box, byte grey)
    {
        for (int y = box.Top; y < Math.Min(box.Top + box.Height, _picture.Height); y++)
        {
            int across = Math.Min(box.Width, _picture.Width - box.Left);
            if (across > 0)
            {
                _picture.Rgb.AsSpan(((y * _picture.Width) + box.Left) * 3, across * 3).Fill(grey);
            }
        }
    }

    /// <summary>A bar of all colours, from left to right.</summary>
    public void Bar(Box box, ColourMap colours)
    {
        byte[] row = new byte[box.Width * 3];
        for (int x = 0; x < box.Width; x++)
        {
            colours.Write(x / Math.Max(box.Width - 1.0, 1), row.AsSpan(3 * x, 3));
        }

        for (int y = 0; y < box.Height; y++)
        {
            Paste(box.Width, 1, row, box.Left, box.Top + y);
        }
    }

    /// <summary>A line of text; too long a one is cut.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="left">First column of its room.</param>
    /// <param name="top">First row.</param>
    /// <param name="width">Columns of its room.</param>
    /// <param name="align">0: at the left of its room, 0.5: in the middle, 1: at the right.</param>
    public void Text(string text, int left, int top, int width, double align = 0)
    {
        // The labels of pictures have full size from 224 pixels on, 10 from the corner.
        int room = Math.Max(width + (2 * (int)Label.FullMargin), FontSquare);
        Picture blank = Picture.Black(room, FontSquare);
        blank.Rgb.AsSpan().Fill(255);
        Picture written = Label.Draw(blank, text);
        (int first, int last) = Ink(written);
        if (last < first)
        {
            return;
        }

        int across = Math.Min(last - first + 1, width);
        int to = left + (int)(align * (width - across));
        for (int y = 0; y < LineHeight; y++)
        {
            Paste(across, 1, written.Rgb.AsSpan((((TextTop + y) * room) + first) * 3, across * 3), to, top + y);
        }
    }

    private static (int First, int Last) Ink(Picture written)
    {
        int first = int.MaxValue;
        int last = -1;
        for (int y = TextTop; y < TextTop + LineHeight; y++)
        {
            for (int x = 0; x < written.Width; x++)
            {
                if (written.Rgb[((y * written.Width) + x) * 3] < 250)
                {
                    first = Math.Min(first, x);
                    last = Math.Max(last, x);
                }
            }
        }

        return (first, last);
    }
}
