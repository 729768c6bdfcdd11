using VggCuda.Engine.Images;

namespace VggCuda.Engine.Display;

/// <summary>Lays a map in colours over a picture in grey, so that every colour is the map's.</summary>
public sealed record HeatOverlay
{
    private const double OutsideShare = 0.5;

    /// <summary>The colours.</summary>
    public required ColourMap Colours { get; init; }

    /// <summary>Which value takes which colour.</summary>
    public required MapScale Scale { get; init; }

    /// <summary>How much the map covers the picture, 0..1.</summary>
    public double Alpha { get; init; } = 0.6;

    /// <summary>Draws.</summary>
    /// <param name="picture">(height, width, 3), 0..255, red first; not changed.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="seen">The part of the picture that the map tells about; the rest is shown darker.</param>
    /// <param name="map">The map, C order.</param>
    /// <param name="mapWidth">Columns of the map.</param>
    /// <param name="shown">The part of the map that belongs to <paramref name="seen"/>; it is enlarged to it bilinearly.</param>
    /// <returns>(height, width, 3).</returns>
    public byte[] Draw(ReadOnlySpan<byte> picture, int width, int height, Box seen, ReadOnlySpan<float> map, int mapWidth, Box shown)
    {
        double[] part = new double[shown.Width * shown.Height];
        for (int i = 0; i < part.Length; i++)
        {
            part[i] = map[((shown.Top + (i / shown.Width)) * mapWidth) + shown.Left + (i % shown.Width)];
        }

        byte[] result = new byte[picture.Length];
        double[] row = new double[seen.Width];
        Span<byte> colour = stackalloc byte[3];
        for (int y = 0; y < height; y++)
        {
            bool inside = y >= seen.Top && y < seen.Top + seen.Height;
            if (inside)
            {
                Upsampling.Row(part, shown.Height, shown.Width, y - seen.Top, seen.Height, row);
            }

            for (int x = 0; x < width; x++)
            {
                int at = ((y * width) + x) * 3;
                double grey = GreyOf(picture.Slice(at, 3));
                if (!inside || x < seen.Left || x >= seen.Left + seen.Width)
                {
                    result.AsSpan(at, 3).Fill((byte)Math.Round(OutsideShare * grey));
                    continue;
                }

                Colours.Write(Scale.ShareOf(row[x - seen.Left]), colour);
                for (int c = 0; c < 3; c++)
                {
                    result[at + c] = (byte)Math.Round((Alpha * colour[c]) + ((1 - Alpha) * grey));
                }
            }
        }

        return result;
    }

    // ITU-R BT.601's weights, on the stored values.
    private static double GreyOf(ReadOnlySpan<byte> rgb) => (0.299 * rgb[0]) + (0.587 * rgb[1]) + (0.114 * rgb[2]);
}
