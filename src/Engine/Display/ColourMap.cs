using System.Collections.Immutable;

namespace VggCuda.Engine.Display;

/// <summary>A colour for every number from 0 to 1.</summary>
/// <remarks>
/// Each is told by the colours at equal steps and lies on straight lines between them in Oklab (Ottosson 2020), where equal distances look alike. The steps of
/// viridis and turbo are samples of the maps of those names (Smith and van der Walt 2015, CC0; Mikhailov 2019); the diverging one is made here, of equal lightness at both ends.
/// </remarks>
public sealed class ColourMap
{
    private const int Entries = 1025;
    private readonly byte[] _table;

    private ColourMap(string name, params ReadOnlySpan<uint> stops)
    {
        Name = name;
        _table = new byte[3 * Entries];
        for (int i = 0; i < Entries; i++)
        {
            double at = i / (Entries - 1.0) * (stops.Length - 1);
            int first = Math.Min((int)at, stops.Length - 2);
            (double l, double a, double b) = Oklab.Of(stops[first]);
            (double l2, double a2, double b2) = Oklab.Of(stops[first + 1]);
            double share = at - first;
            Oklab.ToRgb(l + (share * (l2 - l)), a + (share * (a2 - a)), b + (share * (b2 - b)), _table.AsSpan(3 * i, 3));
        }
    }

    /// <summary>Dark violet to yellow, lightness rising evenly: for maps of 0 or more.</summary>
    public static ColourMap Viridis { get; } = new("viridis", 0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c, 0x1fa088, 0x28ae80, 0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725);

    /// <summary>A rainbow with smooth lightness, darkest at both ends: more colours, to the price of an order that is not that of lightness.</summary>
    public static ColourMap Turbo { get; } = new("turbo", 0x30123b, 0x4145ab, 0x4675ed, 0x39a2fc, 0x1bcfd4, 0x24eca6, 0x61fc6c, 0xa4fc3b, 0xd1e834, 0xf3c63a, 0xfe9b2d, 0xf36315, 0xd93806, 0xb11901, 0x7a0402);

    /// <summary>Blue over white to red, as light on both sides: for signed maps, 0 in the middle.</summary>
    public static ColourMap Diverging { get; } = new("diverging", 0x01489f, 0x447ac9, 0x90b3e7, 0xcddcf2, 0xf7f7f7, 0xf1d3ce, 0xe59b90, 0xc35043, 0x8f1711);

    /// <summary>All, by name.</summary>
    public static ImmutableArray<ColourMap> All { get; } = [Viridis, Turbo, Diverging];

    /// <summary>Its name for <c>--colours</c>.</summary>
    public string Name { get; }

    /// <summary>Writes the colour of a number.</summary>
    /// <param name="share">0..1; what lies outside takes the colour of the end, what is no number that of 0.</param>
    /// <param name="rgb">Three values, overwritten, red first.</param>
    public void Write(double share, Span<byte> rgb)
    {
        int entry = double.IsNaN(share) ? 0 : (int)Math.Round(Math.Clamp(share, 0, 1) * (Entries - 1));
        _table.AsSpan(3 * entry, 3).CopyTo(rgb);
    }
}
