using VggCuda.Engine.Attribution;
using VggCuda.Engine.Display;

namespace VggCuda.Cli.Attribution;

/// <summary>How maps are shown.</summary>
/// <param name="Colours">The colours, or null for the method's usual ones.</param>
/// <param name="Alpha">How much a map covers its picture.</param>
/// <param name="Clip">Percent of the values that may lie beyond the last colour.</param>
internal sealed record HeatStyle(ColourMap? Colours, double Alpha, double Clip)
{
    /// <summary>The overlay of a method's map.</summary>
    public HeatOverlay Of(AttributionMethod method, ReadOnlySpan<float> map)
    {
        ColourMap colours = Colours ?? (method.IsSigned ? ColourMap.Diverging : ColourMap.Viridis);
        return new HeatOverlay { Colours = colours, Scale = MapScale.Of(map, method.IsSigned || colours == ColourMap.Diverging, Clip), Alpha = Alpha };
    }
}
