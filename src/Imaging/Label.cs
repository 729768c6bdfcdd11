using System.Globalization;
using System.Text;
using SkiaSharp;

namespace VggCuda.Imaging;

/// <summary>Writes a line of text into a picture.</summary>
/// <remarks>The font is bundled (Inter Regular, Latin), so the same label looks the same on every machine, also one without fonts.</remarks>
public static class Label
{
    /// <summary>The text's height in pixels from 224 pixels on, as keras-vis 0.3.3 <c>utils.draw_text</c> has it.</summary>
    public const float FullSize = 14;

    /// <summary>The text's distance from the left and the top edge from 224 pixels on, likewise.</summary>
    public const float FullMargin = 10;

    private const float FullSide = 224;
    private const float SmallestSize = 8;
    private static readonly Lazy<SKTypeface> Typeface = new(Load);

    /// <summary>Draws a label at the top left: black with a white halo, so that it is readable on any ground.</summary>
    /// <param name="picture">The picture; not changed.</param>
    /// <param name="text">Any text. Characters that the font lacks become '?' (accents written apart and joiners are left out), line breaks become spaces.</param>
    /// <returns>A picture with the label; a plain copy where the text is blank or there is no room for a single letter.</returns>
    /// <remarks>
    /// From 224 pixels on the text is 14 pixels high at (10, 10), as keras-vis draws it; on smaller pictures both shrink with
    /// the shorter side, the text to 8 pixels at least. A text too long for the picture shrinks by up to a quarter and is then cut with '…'.
    /// </remarks>
    public static Picture Draw(Picture picture, string text)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(text);
        float scale = Math.Min(1, Math.Min(picture.Width, picture.Height) / FullSide);
        float size = Math.Max(SmallestSize, FullSize * scale);
        float margin = Math.Max(2, MathF.Round(FullMargin * scale));

        using SKFont font = new(Typeface.Value, size)
        {
            Edging = SKFontEdging.Antialias,
            Hinting = SKFontHinting.None,
            Subpixel = true,
        };
        string line = Fit(font, Drawable(font, text), picture.Width - (2 * margin));

        using SKBitmap bitmap = Pixels.ToBitmap(picture);
        if (line.Length > 0)
        {
            using SKCanvas canvas = new(bitmap);
            using SKPaint halo = new()
            {
                Color = SKColors.White.WithAlpha(230),
                IsAntialias = true,
                Style = SKPaintStyle.Stroke,
                StrokeWidth = Math.Max(2, font.Size / 4.5f),
                StrokeJoin = SKStrokeJoin.Round,
            };
            using SKPaint ink = new() { Color = SKColors.Black, IsAntialias = true };

            // The position is the top of a capital letter; Skia wants the baseline.
            float baseline = margin + font.Metrics.CapHeight;
            canvas.DrawText(line, margin, baseline, SKTextAlign.Left, font, halo);
            canvas.DrawText(line, margin, baseline, SKTextAlign.Left, font, ink);
            canvas.Flush();
        }

        return Pixels.FromBitmap(bitmap);
    }

    private static string Drawable(SKFont font, string text)
    {
        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                line.Append(' ');
            }
            else if (font.ContainsGlyph(rune.Value))
            {
                line.Append(rune.ToString());
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format))
            {
                line.Append('?');
            }
        }

        return line.ToString().Trim();
    }

    private static string Fit(SKFont font, string line, float room)
    {
        float width = font.MeasureText(line);
        if (width > room)
        {
            font.Size = Math.Max(Math.Max(SmallestSize, font.Size * 0.75f), font.Size * room / width);
        }

        if (font.MeasureText(line) <= room)
        {
            return line;
        }

        const string ellipsis = "…";
        for (int length = line.Length - 1; length > 0; length--)
        {
            string cut = line[..length].TrimEnd() + ellipsis;
            if (font.MeasureText(cut) <= room)
            {
                return cut;
            }
        }

        return string.Empty;
    }

    private static SKTypeface Load()
    {
        using Stream resource = typeof(Label).Assembly.GetManifestResourceStream("Inter-Regular.woff")
            ?? throw new InvalidOperationException("The bundled font Inter-Regular.woff is missing from the assembly.");
        using SKData data = SKData.Create(resource);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException("The bundled font Inter-Regular.woff could not be loaded.");
    }
}
