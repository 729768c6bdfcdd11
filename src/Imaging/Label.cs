using System.Globalization;
using System.Text;

namespace VggCuda.Imaging;

/// <summary>Writes a line of text into a picture.</summary>
/// <remarks>The letters are bundled (Inter Regular, Latin), so the same label looks the same on every machine, also one without fonts. Any thread, any number at once.</remarks>
public static class Label
{
    /// <summary>The text's height in pixels from 224 pixels on, as keras-vis 0.3.3 <c>utils.draw_text</c> has it.</summary>
    public const float FullSize = 14;

    /// <summary>The text's distance from the left and the top edge from 224 pixels on, likewise.</summary>
    public const float FullMargin = 10;

    private const float FullSide = 224;
    private const float SmallestSize = 8;
    private const byte HaloAlpha = 230;

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
        GlyphAtlas atlas = GlyphAtlas.Inter;
        string line = Fit(atlas, Drawable(atlas, text), ref size, picture.Width - (2 * margin));

        Picture result = new(picture.Width, picture.Height, (byte[])picture.Rgb.Clone());

        // The position is the top of a capital letter. A halo is a stroke along the outline, of which half lies outside.
        float baseline = margin + (atlas.CapHeight * size);
        Write(result, atlas, line, margin, baseline, size, reach: Math.Max(2, size / 4.5f) / 2, 255, HaloAlpha);
        Write(result, atlas, line, margin, baseline, size, reach: 0, 0, 255);
        return result;
    }

    private static void Write(Picture picture, GlyphAtlas atlas, string line, float pen, float baseline, float size, float reach, byte grey, byte alpha)
    {
        foreach (Rune rune in line.EnumerateRunes())
        {
            Glyph glyph = atlas[rune]!;
            Stamp(picture, atlas, glyph, pen, baseline, size, reach, grey, alpha);
            pen += glyph.Advance * size;
        }
    }

    private static void Stamp(Picture picture, GlyphAtlas atlas, Glyph glyph, float pen, float baseline, float size, float reach, byte grey, byte alpha)
    {
        float texels = atlas.TexelsPerEm / size;
        int left = Math.Max(0, (int)MathF.Floor(pen + (glyph.Left / texels)));
        int right = Math.Min(picture.Width - 1, (int)MathF.Ceiling(pen + ((glyph.Left + glyph.Columns) / texels)));
        int top = Math.Max(0, (int)MathF.Floor(baseline + (glyph.Top / texels)));
        int bottom = Math.Min(picture.Height - 1, (int)MathF.Ceiling(baseline + ((glyph.Top + glyph.Rows) / texels)));
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                float weight = Coverage(atlas, glyph, x - pen, y - baseline, size, reach) * (alpha / 255f);
                if (weight > 0)
                {
                    foreach (ref byte channel in picture.Rgb.AsSpan(((y * picture.Width) + x) * 3, 3))
                    {
                        channel = (byte)(channel + ((grey - channel) * weight) + 0.5f);
                    }
                }
            }
        }
    }

    // How much of the pixel at (x, y) lies within the reach of the outline. Far from its border the middle tells;
    // else samples do, each a ramp as wide as itself.
    private static float Coverage(GlyphAtlas atlas, Glyph glyph, float x, float y, float size, float reach)
    {
        const int samples = 4;
        const float farther = 0.75f;
        float texels = atlas.TexelsPerEm / size;
        float middle = reach - (atlas.Distance(glyph, (x + 0.5f) * texels, (y + 0.5f) * texels) * size);
        if (Math.Abs(middle) > farther)
        {
            return middle > 0 ? 1 : 0;
        }

        float covered = 0;
        for (int i = 0; i < samples * samples; i++)
        {
            float sx = x + (((i % samples) + 0.5f) / samples), sy = y + (((i / samples) + 0.5f) / samples);
            float within = reach - (atlas.Distance(glyph, sx * texels, sy * texels) * size);
            covered += Math.Clamp(0.5f + (within * samples), 0, 1);
        }

        return covered / (samples * samples);
    }

    private static string Drawable(GlyphAtlas atlas, string text)
    {
        StringBuilder line = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                line.Append(' ');
            }
            else if (atlas[rune] is not null)
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

    private static string Fit(GlyphAtlas atlas, string line, ref float size, float room)
    {
        float width = atlas.Measure(line) * size;
        if (width > room)
        {
            size = Math.Max(Math.Max(SmallestSize, size * 0.75f), size * room / width);
        }

        if (atlas.Measure(line) * size <= room)
        {
            return line;
        }

        const string ellipsis = "…";
        for (int length = line.Length - 1; length > 0; length--)
        {
            string cut = line[..length].TrimEnd() + ellipsis;
            if (atlas.Measure(cut) * size <= room)
            {
                return cut;
            }
        }

        return string.Empty;
    }
}
