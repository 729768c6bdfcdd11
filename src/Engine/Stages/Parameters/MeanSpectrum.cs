using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>How large the waves in pictures are on average, by their cycles per pixel down and across: what a picture of phases alone takes its sizes from.</summary>
/// <remarks>
/// Measured on pictures of <see cref="Side"/> pixels a side, in decorrelated colours; waves that fall down to the left and to the right count alike. Kept are
/// the means over bands of frequencies, single ones where they are low; between them the logarithm is interpolated. <see cref="SpectrumMeter"/> makes it.
/// </remarks>
public sealed record MeanSpectrum
{
    /// <summary>Rows and columns of the pictures that it is measured on.</summary>
    public const int Side = 256;

    /// <summary>The middle of each band, in cycles per <see cref="Side"/> pixels.</summary>
    public static ImmutableArray<int> Bands { get; } = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128];

    /// <summary>How many pictures it was measured on.</summary>
    public required int Pictures { get; init; }

    /// <summary>Mean magnitudes, (bands down, bands across, 3) in C order, above 0.</summary>
    public required ImmutableArray<float> Magnitudes { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">Not a spectrum.</exception>
    /// <exception cref="PlanException">Its values cannot be.</exception>
    public static MeanSpectrum FromJson(string json)
    {
        MeanSpectrum read = JsonSerializer.Deserialize(json, MeanSpectrumJson.Default.MeanSpectrum) ?? throw new JsonException("The spectrum is null.");
        read.Validate();
        return read;
    }

    /// <summary>The spectrum as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MeanSpectrumJson.Default.MeanSpectrum);

    /// <summary>The mean magnitude of a wave.</summary>
    /// <param name="down">Cycles per pixel down the picture, 0 to 0.5.</param>
    /// <param name="across">Cycles per pixel across it, 0 to 0.5.</param>
    /// <param name="colour">0, 1 or 2 of the decorrelated colours.</param>
    public double At(double down, double across, int colour)
    {
        double y = down * Side, x = across * Side;

        // Waves longer than what was measured are as large as the longest ones; the mean colour is no wave.
        double longest = Math.Max(y, x);
        if (longest is > 0 and < 1)
        {
            (y, x) = (y / longest, x / longest);
        }

        (int row, double rowPart) = BandOf(y);
        (int column, double columnPart) = BandOf(x);
        double log = 0;
        foreach ((int r, int c, double weight) in ((int, int, double)[])
            [(row, column, (1 - rowPart) * (1 - columnPart)), (row, column + 1, (1 - rowPart) * columnPart), (row + 1, column, rowPart * (1 - columnPart)), (row + 1, column + 1, rowPart * columnPart)])
        {
            log += weight == 0 ? 0 : weight * Math.Log(Magnitudes[(((r * Bands.Length) + c) * 3) + colour]);
        }

        return Math.Exp(log);
    }

    /// <summary>Checks the values.</summary>
    /// <exception cref="PlanException">Too many, too few, or not above 0.</exception>
    public void Validate()
    {
        int count = Bands.Length * Bands.Length * 3;
        if (Magnitudes.IsDefault || Magnitudes.Length != count || Magnitudes.Any(m => !(m > 0) || !float.IsFinite(m)))
        {
            throw new PlanException($"A mean spectrum has {count} magnitudes, finite and above 0; this has {(Magnitudes.IsDefault ? 0 : Magnitudes.Length)}{(!Magnitudes.IsDefault && Magnitudes.Length == count ? ", and some are not" : "")}.");
        }
    }

    private static (int Band, double Part) BandOf(double frequency)
    {
        int band = 0;
        while (band < Bands.Length - 2 && Bands[band + 1] <= frequency)
        {
            band++;
        }

        return (band, Math.Clamp((frequency - Bands[band]) / (Bands[band + 1] - Bands[band]), 0, 1));
    }
}

/// <summary>Source-generated JSON of a spectrum, so that it works trimmed and compiled ahead of time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MeanSpectrum))]
internal sealed partial class MeanSpectrumJson : JsonSerializerContext;
