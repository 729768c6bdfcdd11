namespace VggCuda.Imaging.Jpeg;

/// <summary>From the planes of a JPEG's colours to red, green and blue.</summary>
/// <remarks>ITU-R BT.601 as T.871 (JFIF) has it, in whole numbers with 16 bits behind the point.</remarks>
internal static class JpegPixels
{
    /// <summary>The pixels, (height, width, 3).</summary>
    /// <param name="frame">A frame all of whose coefficients have come.</param>
    /// <param name="isJfif">Whether the file calls itself JFIF, whose three colours are YCbCr.</param>
    /// <param name="adobe">How Adobe's segment says that colours were transformed; null where there is none.</param>
    public static byte[] Of(JpegFrame frame, bool isJfif, int? adobe)
    {
        JpegComponent[] components = frame.Components;
        if (frame.IsProgressive)
        {
            foreach (JpegComponent component in components)
            {
                for (int block = 0; block < component.Coefficients.Length / 64; block++)
                {
                    JpegBlock.Invert(component.Coefficients.AsSpan(block * 64, 64), component.Steps!, component.PixelsOf(block), component.Stride);
                }
            }
        }

        bool isTransformed = components.Length switch
        {
            3 => isJfif || (adobe is { } transform ? transform != 0 : !(components[0].Id == 'R' && components[1].Id == 'G' && components[2].Id == 'B')),
            4 => adobe is not null and not 0,
            _ => false,
        };
        JpegUpsampling[] upsamplings = [.. components.Select(c => new JpegUpsampling(c, components.Max(o => o.Across) / c.Across, components.Max(o => o.Down) / c.Down))];
        byte[] rgb = new byte[frame.Width * frame.Height * 3];
        for (int y = 0; y < frame.Height; y++)
        {
            Span<byte> row = rgb.AsSpan(y * frame.Width * 3, frame.Width * 3);
            ReadOnlySpan<byte> first = upsamplings[0].Row(y);
            if (components.Length == 1)
            {
                for (int x = 0; x < frame.Width; x++)
                {
                    row.Slice(x * 3, 3).Fill(first[x]);
                }

                continue;
            }

            Colours(row, first, upsamplings[1].Row(y), upsamplings[2].Row(y), isTransformed);
            if (components.Length == 4)
            {
                Darken(row, upsamplings[3].Row(y), isTransformed);
            }
        }

        return rgb;
    }

    private static void Colours(Span<byte> row, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, bool isTransformed)
    {
        const int half = 1 << 15;
        for (int x = 0, to = 0; to < row.Length; x++, to += 3)
        {
            if (!isTransformed)
            {
                (row[to], row[to + 1], row[to + 2]) = (first[x], second[x], third[x]);
                continue;
            }

            int luma = first[x], blue = second[x] - 128, red = third[x] - 128;
            row[to] = (byte)Math.Clamp(luma + (((91881 * red) + half) >> 16), 0, 255);
            row[to + 1] = (byte)Math.Clamp(luma + (((-22554 * blue) - (46802 * red) + half) >> 16), 0, 255);
            row[to + 2] = (byte)Math.Clamp(luma + (((116130 * blue) + half) >> 16), 0, 255);
        }
    }

    // CMYK as all programs store it: what is left of the light by each ink, so colour times black. YCCK's are inks once more.
    private static void Darken(Span<byte> row, ReadOnlySpan<byte> black, bool isTransformed)
    {
        for (int x = 0, to = 0; to < row.Length; x++, to += 3)
        {
            foreach (ref byte channel in row.Slice(to, 3))
            {
                int light = isTransformed ? 255 - channel : channel;
                channel = (byte)(((light * black[x]) + 127) / 255);
            }
        }
    }
}
