namespace VggCuda.Engine.Display;

/// <summary>Colours by lightness and two opponent axes, in which equal distances look about alike.</summary>
/// <remarks>Björn Ottosson, "A perceptual color space for image processing" (2020); sRGB as in IEC 61966-2-1.</remarks>
internal static class Oklab
{
    /// <summary>Oklab of an sRGB colour, 0xRRGGBB.</summary>
    public static (double L, double A, double B) Of(uint rgb)
    {
        double r = Linear((rgb >> 16) & 255);
        double g = Linear((rgb >> 8) & 255);
        double b = Linear(rgb & 255);
        double l = Math.Cbrt((0.4122214708 * r) + (0.5363325363 * g) + (0.0514459929 * b));
        double m = Math.Cbrt((0.2119034982 * r) + (0.6806995451 * g) + (0.1073969566 * b));
        double s = Math.Cbrt((0.0883024619 * r) + (0.2817188376 * g) + (0.6299787005 * b));
        return (
            (0.2104542553 * l) + (0.7936177850 * m) - (0.0040720468 * s),
            (1.9779984951 * l) - (2.4285922050 * m) + (0.4505937099 * s),
            (0.0259040371 * l) + (0.7827717662 * m) - (0.8086757660 * s));
    }

    /// <summary>Writes a colour as sRGB, rounded, clipped where the screen has it not.</summary>
    public static void ToRgb(double lightness, double a, double b, Span<byte> rgb)
    {
        double l = Cube(lightness + (0.3963377774 * a) + (0.2158037573 * b));
        double m = Cube(lightness - (0.1055613458 * a) - (0.0638541728 * b));
        double s = Cube(lightness - (0.0894841775 * a) - (1.2914855480 * b));
        rgb[0] = Stored((4.0767416621 * l) - (3.3077115913 * m) + (0.2309699292 * s));
        rgb[1] = Stored((-1.2684380046 * l) + (2.6097574011 * m) - (0.3413193965 * s));
        rgb[2] = Stored((-0.0041960863 * l) - (0.7034186147 * m) + (1.7076147010 * s));
    }

    private static double Cube(double v) => v * v * v;

    private static double Linear(uint stored)
    {
        double v = stored / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4);
    }

    private static byte Stored(double linear)
    {
        double v = linear <= 0.0031308 ? 12.92 * linear : (1.055 * Math.Pow(linear, 1 / 2.4)) - 0.055;
        return (byte)Math.Round(Math.Clamp(v, 0, 1) * 255);
    }
}
