namespace VggCuda.Engine.Display;

/// <summary>Which value of a map takes the first colour and which the last.</summary>
/// <param name="Low">The first colour's value.</param>
/// <param name="High">The last colour's; the same where the map is the same everywhere.</param>
/// <param name="IsSymmetric">Whether 0 lies in the middle.</param>
public sealed record MapScale(double Low, double High, bool IsSymmetric)
{
    /// <summary>The scale of a map.</summary>
    /// <param name="map">Its values, one or more.</param>
    /// <param name="symmetric">Whether 0 lies in the middle: for signed maps and diverging colours.</param>
    /// <param name="clip">Percent of the values that may lie beyond the last colour (beyond both, where it is symmetric), so that a single bright pixel does not darken the rest; 0..50.</param>
    public static MapScale Of(ReadOnlySpan<float> map, bool symmetric, double clip)
    {
        float[] sorted = map.ToArray();
        if (symmetric)
        {
            for (int i = 0; i < sorted.Length; i++)
            {
                sorted[i] = Math.Abs(sorted[i]);
            }
        }

        Array.Sort(sorted);
        double high = sorted[(int)Math.Round((1 - (clip / 100)) * (sorted.Length - 1))];
        return symmetric ? new MapScale(-high, high, true) : new MapScale(sorted[0], high, false);
    }

    /// <summary>Where a value lies between the two, 0..1; where they are one, the middle of a symmetric scale, else 0.</summary>
    public double ShareOf(double value) => High > Low ? Math.Clamp((value - Low) / (High - Low), 0, 1) : IsSymmetric ? 0.5 : 0;
}
