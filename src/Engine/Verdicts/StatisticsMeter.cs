using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Verdicts;

/// <summary>Gathers <see cref="UnitStatistics"/> from the values that a program found for pictures, one after the other.</summary>
/// <remarks>Keeps a mean and a largest value of every unit for every picture: 4 bytes each.</remarks>
public sealed class StatisticsMeter
{
    private readonly ImmutableArray<Layer> _layers;
    private readonly int[] _likeness;
    private readonly List<float[][]> _means = [];
    private readonly List<float[][]> _peaks = [];
    private readonly List<int> _classes = [];
    private readonly Layer? _classifier;

    /// <summary>Starts with no picture.</summary>
    /// <param name="network">The network.</param>
    public StatisticsMeter(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        ImmutableArray<Layer> all = network.Topology.Layers;
        _layers = [.. all.Where(l => l.HasWeights)];
        _classifier = network.Topology.Classifier;
        _likeness = _classifier is null ? [] : [.. LikenessLayers(network).Select(l => _layers.IndexOf(l))];
    }

    /// <summary>What a program must look at: every convolution and dense layer after its activation, logits of classes.</summary>
    public ImmutableArray<TapSpec> Taps => [.. _layers.Select(l => new TapSpec(l))];

    /// <summary>Pictures so far.</summary>
    public int Pictures => _means.Count;

    /// <summary>The layers at which a class's pictures are compared: the last convolution of each block.</summary>
    /// <param name="network">The network.</param>
    public static ImmutableArray<Layer> LikenessLayers(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        ImmutableArray<Layer> layers = network.Topology.Layers;
        return [.. layers.Where(l => l.Kind == LayerKind.Convolution && l.Index + 1 < layers.Length && layers[l.Index + 1].Kind == LayerKind.MaxPool)];
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="taps">Values of <see cref="Taps"/> for this picture alone: rows, columns, channels.</param>
    /// <exception cref="ArgumentException">There are not as many, or their lengths do not fit.</exception>
    public void Add(IReadOnlyList<ReadOnlyMemory<float>> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        if (taps.Count != _layers.Length)
        {
            throw new ArgumentException($"{taps.Count} layers' values were given; there are {_layers.Length} layers.", nameof(taps));
        }

        float[][] means = new float[taps.Count][];
        float[][] peaks = new float[taps.Count][];
        for (int l = 0; l < taps.Count; l++)
        {
            (means[l], peaks[l]) = Measured(taps[l].Span, _layers[l].Outputs);
        }

        _means.Add(means);
        _peaks.Add([.. peaks.Select((p, l) => _layers[l].Kind == LayerKind.Convolution ? p : means[l])]);
        if (_classifier is not null)
        {
            float[] logits = means[^1];
            _classes.Add(Array.IndexOf(logits, logits.Max()));
        }
    }

    /// <summary>What has been gathered.</summary>
    /// <param name="name">What the weights are called.</param>
    /// <param name="sha256">Of the weights.</param>
    /// <param name="side">Rows and columns of the pictures.</param>
    /// <exception cref="PlanException">A value was not finite: of such there are no quantiles.</exception>
    /// <exception cref="InvalidOperationException">There was no picture.</exception>
    public UnitStatistics Result(string name, string sha256, int side)
    {
        if (Pictures == 0)
        {
            throw new InvalidOperationException("Statistics of no picture were asked for.");
        }

        return new UnitStatistics
        {
            Name = name,
            Weights = sha256,
            Pictures = Pictures,
            Side = side,
            Layers = [.. _layers.Select(StatisticsOf)],
            Likeness = [.. _likeness.Select(LikenessAt)],
        };
    }

    /// <summary>By channel the mean and the largest value.</summary>
    internal static (float[] Means, float[] Peaks) Measured(ReadOnlySpan<float> values, int channels)
    {
        if (values.Length == 0 || values.Length % channels != 0)
        {
            throw new ArgumentException($"{values.Length} values are no maps of {channels} channels.", nameof(values));
        }

        double[] sums = new double[channels];
        float[] peaks = new float[channels];
        Array.Fill(peaks, float.NegativeInfinity);
        for (int i = 0; i < values.Length; i += channels)
        {
            for (int c = 0; c < channels; c++)
            {
                sums[c] += values[i + c];
                peaks[c] = Math.Max(peaks[c], values[i + c]);
            }
        }

        int places = values.Length / channels;
        return ([.. sums.Select(s => (float)(s / places))], peaks);
    }

    private LayerStatistics StatisticsOf(Layer layer, int place)
    {
        int units = layer.Outputs;
        float[] column = new float[Pictures];
        return new LayerStatistics
        {
            Name = layer.Name,
            Active = [.. Enumerable.Range(0, units).Select(u => Rounded((double)_peaks.Count(p => p[place][u] > 0) / Pictures))],
            Means = [.. Enumerable.Range(0, units).Select(u => QuantilesOf(_means, u))],
            Peaks = layer.Kind == LayerKind.Convolution ? [.. Enumerable.Range(0, units).Select(u => QuantilesOf(_peaks, u))] : [],
        };

        ImmutableArray<double> QuantilesOf(List<float[][]> of, int unit)
        {
            for (int i = 0; i < column.Length; i++)
            {
                column[i] = of[i][place][unit];
                if (!float.IsFinite(column[i]))
                {
                    throw new PlanException($"unit {unit} of {layer.Name} answers to a picture with a number that is not finite");
                }
            }

            Array.Sort(column);
            return [.. UnitStatistics.Percents.Select(p => Rounded(Quantile(column, p)))];
        }
    }

    private LayerLikeness LikenessAt(int place)
    {
        int channels = _layers[place].Outputs;
        double[] centres = new double[channels];
        double[] deviations = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            double mean = _means.Average(m => (double)m[place][c]);
            centres[c] = Rounded(mean);
            deviations[c] = Rounded(Math.Sqrt(_means.Average(m => (m[place][c] - mean) * (m[place][c] - mean))));
        }

        double[][] pictures = [.. _means.Select(m => m[place].Select((v, c) => LayerLikeness.Standardised(v, centres[c], deviations[c])).ToArray())];
        return new LayerLikeness
        {
            Name = _layers[place].Name,
            Centres = [.. centres],
            Deviations = [.. deviations],
            Classes = [.. Enumerable.Range(0, _classifier!.Outputs).Select(i => ClassAt(pictures, i, channels))],
        };
    }

    // A class's own picture is compared with the mean of the others of its class: with itself in it, it would be like itself.
    private ClassLikeness? ClassAt(double[][] pictures, int index, int channels)
    {
        int[] own = [.. Enumerable.Range(0, pictures.Length).Where(i => _classes[i] == index)];
        if (own.Length < 2 || own.Length == pictures.Length)
        {
            return null;
        }

        double[] sum = new double[channels];
        foreach (int i in own)
        {
            for (int c = 0; c < channels; c++)
            {
                sum[c] += pictures[i][c];
            }
        }

        double same = own.Average(i => LayerLikeness.Cosine(pictures[i], [.. sum.Select((s, c) => s - pictures[i][c])]));
        double other = Enumerable.Range(0, pictures.Length).Where(i => _classes[i] != index).Average(i => LayerLikeness.Cosine(pictures[i], sum));
        return new ClassLikeness(own.Length, Rounded(same), Rounded(other), [.. sum.Select(s => Rounded(s / own.Length))]);
    }

    // NumPy's linear rule.
    private static double Quantile(float[] sorted, double percent)
    {
        double place = percent / 100 * (sorted.Length - 1);
        int below = Math.Min((int)place, sorted.Length - 1);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * ((double)sorted[above] - sorted[below]));
    }

    // Five digits are more than the pictures' chance leaves, and make a small file.
    private static double Rounded(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
