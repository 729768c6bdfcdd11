using System.Collections.Immutable;

namespace VggCuda.Engine.Verdicts;

/// <summary>How strongly the units of a layer answer to sample pictures.</summary>
public sealed record LayerStatistics
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Name { get; init; }

    /// <summary>By unit the share of pictures, 0 to 1, in which one of its values is above 0.</summary>
    public required ImmutableArray<double> Active { get; init; }

    /// <summary>By unit the quantiles (<see cref="UnitStatistics.Percents"/>) of its mean over the map: after the ReLU of convolutions and dense layers, logits of classes.</summary>
    public required ImmutableArray<ImmutableArray<double>> Means { get; init; }

    /// <summary>By unit the quantiles of its largest value; empty for dense layers, whose maps are one value.</summary>
    public required ImmutableArray<ImmutableArray<double>> Peaks { get; init; }

    /// <summary>The share of sample pictures, in percent, to which a unit answers more weakly.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="value">Its mean over a picture's map.</param>
    public double PercentileOfMean(int unit, double value) => Percentile(Means[unit], value);

    /// <summary>The same for a unit's value at one place, beside its largest values.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="value">The value.</param>
    public double PercentileOfPeak(int unit, double value) => Percentile((Peaks.IsDefaultOrEmpty ? Means : Peaks)[unit], value);

    /// <summary>Between two quantiles it is interpolated; of equal ones the lowest counts, so that 0 is above nothing where a unit is off in half of the pictures.</summary>
    private static double Percentile(ImmutableArray<double> quantiles, double value)
    {
        if (!(value > quantiles[0]))
        {
            return 0;
        }

        int above = 1;
        while (above < quantiles.Length && quantiles[above] < value)
        {
            above++;
        }

        if (above == quantiles.Length)
        {
            return 100;
        }

        (double low, double high) = (UnitStatistics.Percents[above - 1], UnitStatistics.Percents[above]);
        return low + ((high - low) * (value - quantiles[above - 1]) / (quantiles[above] - quantiles[above - 1]));
    }
}
