using System.Globalization;
using System.Text;
using VggCuda.Imaging;

namespace VggCuda.Cli.Reports;

/// <summary>Thumbnails, eight by eight on a sheet: one file for 64 pictures, loaded when one of them is scrolled into view.</summary>
/// <param name="prefix">What the sheets' files and classes are called.</param>
/// <param name="write">Gets every full sheet: its name in the report's folder, and its bytes.</param>
internal sealed class ThumbnailSheets(string prefix, Action<string, byte[]> write)
{
    /// <summary>Rows and columns of a sheet.</summary>
    public const int Across = 8;

    /// <summary>Rows and columns of a thumbnail, pixels.</summary>
    public const int Side = 80;

    private const int Quality = 78;
    private Picture _sheet = Picture.Black(Across * Side, Across * Side);
    private int _count;

    /// <summary>Adds a picture, brought to a thumbnail's size as a whole.</summary>
    /// <returns>The classes of an element that shows it.</returns>
    public string Add(Picture picture)
    {
        double scale = (double)Side / Math.Max(picture.Width, picture.Height);
        Picture small = Resizing.Fit(picture, Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
        int place = _count % (Across * Across);
        int left = ((place % Across) * Side) + ((Side - small.Width) / 2);
        int top = ((place / Across) * Side) + ((Side - small.Height) / 2);
        for (int y = 0; y < small.Height; y++)
        {
            small.Rgb.AsSpan(y * small.Width * 3, small.Width * 3).CopyTo(_sheet.Rgb.AsSpan((((top + y) * _sheet.Width) + left) * 3));
        }

        string classes = string.Create(CultureInfo.InvariantCulture, $"t {prefix}{_count / (Across * Across)} p{place}");
        if (place == (Across * Across) - 1)
        {
            Write(_count / (Across * Across));
            _sheet = Picture.Black(Across * Side, Across * Side);
        }

        _count++;
        return classes;
    }

    /// <summary>Writes the last sheet.</summary>
    /// <returns>The style rules that name the sheets.</returns>
    public string End()
    {
        if (_count % (Across * Across) > 0)
        {
            Write(_count / (Across * Across));
        }

        StringBuilder rules = new();
        for (int i = 0; i * Across * Across < _count; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $".{prefix}{i}{{background-image:url({NameOf(i)})}}\n");
        }

        return rules.ToString();
    }

    /// <summary>The style rules of the places on a sheet, the same for all.</summary>
    public static string Places()
    {
        StringBuilder rules = new();
        for (int i = 0; i < Across * Across; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $".p{i}{{background-position:{i % Across * 100.0 / (Across - 1):F4}% {i / Across * 100.0 / (Across - 1):F4}%}}\n");
        }

        return rules.ToString();
    }

    private void Write(int sheet) => write(NameOf(sheet), PictureFile.EncodeWebP(_sheet, Quality));

    private string NameOf(int sheet) => string.Create(CultureInfo.InvariantCulture, $"thumbs/{prefix}{sheet}.webp");
}
