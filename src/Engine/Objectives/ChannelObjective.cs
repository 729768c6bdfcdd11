using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>Excite channels of a layer: per image the sum of the channels' means over the map; for a dense layer the units themselves.</summary>
/// <remarks>keras-vis 0.3.3 <c>ActivationMaximization</c>. As a loss it is negative: -weight * sum of means.</remarks>
public sealed record ChannelObjective : TapObjective
{
    private const int MostChannelsInName = 6;

    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>For each image of the batch the channels that it shall excite, one or more.</summary>
    public required ImmutableArray<ImmutableArray<int>> Channels { get; init; }

    /// <inheritdoc/>
    public override int? Count => Channels.IsDefault ? 0 : Channels.Length;

    /// <inheritdoc/>
    public override bool IsConstant => true;

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point, Channels = PaddedChannels() }];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this with { Channels = Channels.Slice(first, count) };

    /// <summary>Channel lists filled up with -1 to one length, as programs want them.</summary>
    public ImmutableArray<ImmutableArray<int>> PaddedChannels()
    {
        int length = Channels.Max(c => c.Length);
        return [.. Channels.Select(c => c.AddRange(Enumerable.Repeat(-1, length - c.Length)))];
    }

    /// <inheritdoc/>
    /// <remarks>The gradient of the loss with respect to the tap is constant: -weight / (h * w).</remarks>
    public override void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(gradients);
        TensorShape shape = gradients[0].Shape;
        backend.Fill(gradients[0], -Weight / ((double)shape.H * shape.W));
    }

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        operations.ChannelMean(taps[0], -Weight, value);
    }

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> ScoredTaps(Network network) =>
        [.. Taps(network).Select(t => t.Layer.IsClassifier ? t with { Channels = [], Point = TapPoint.BeforeActivation } : t)];

    /// <inheritdoc/>
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        (TensorShape shape, double[] values) = taps[0];
        bool areClasses = Find(network, Layer).IsClassifier;
        ImmutableArray<ChannelScore> scores = areClasses
            ? [.. Channels[picture].Select(c => ScoreOfClass(values, c))]
            : [.. Channels[picture].Select((c, k) => new ChannelScore(c, MeanOfChannel(values, shape, k), null, null))];
        return new PictureScore(scores.Sum(s => s.Activation), scores);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => $"{Layer} {string.Join("+", Channels[picture])}";

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className)
    {
        ArgumentNullException.ThrowIfNull(className);
        bool areClasses = Find(network, Layer).IsClassifier;
        return string.Join(" + ", Channels[picture].Select(c => areClasses && className(c) is { } name ? $"{c} {name}" : $"{c}"));
    }

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className)
    {
        bool areClasses = Find(network, Layer).IsClassifier;
        return [.. Channels[picture].Select(c => Unit(c, areClasses, className))];
    }

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className)
    {
        int[] channels = [.. Channels.SelectMany(c => c).Distinct()];
        bool areClasses = Find(network, Layer).IsClassifier;
        string some = string.Join(", ", channels.Take(3).Select(c => Unit(c, areClasses, className)));
        string more = channels.Length > 3 ? $" and {channels.Length - 3} more" : "";
        return areClasses ? some + more : $"{Layer}: {some}{more}";
    }

    /// <inheritdoc/>
    public override string FileStem()
    {
        ImmutableArray<ImmutableArray<int>> units = [.. Channels.DistinctBy(c => string.Join('+', c))];
        string numbers = units.Sum(u => u.Length) <= MostChannelsInName
            ? string.Join(',', units.Select(u => string.Join('+', u)))
            : $"{units.Sum(u => u.Length)}-filters";
        return $"{Layer}-{numbers}";
    }

    /// <inheritdoc/>
    public override void Validate(Network network)
    {
        base.Validate(network);
        if (Top == TopActivation.Softmax && (Point == TapPoint.BeforeActivation || !Find(network, Layer).IsClassifier))
        {
            throw new PlanException($"Probabilities are found behind the softmax of the classifier, not {(Point == TapPoint.BeforeActivation ? "before its activation" : $"at '{Layer}'")}.");
        }

        if (Channels.IsDefaultOrEmpty || Channels.Any(list => list.IsDefaultOrEmpty || list.Any(c => c < 0)))
        {
            throw new PlanException("Every picture needs at least one channel, and channels are numbered from 0.");
        }
    }

    private static string Unit(int channel, bool isClass, Func<int, string?> className) => isClass ? DescribeClass(channel, className) : $"filter {channel}";

    private static ChannelScore ScoreOfClass(double[] logits, int index)
    {
        double[] probabilities = Probabilities.Of(logits);
        return new ChannelScore(index, logits[index], probabilities[index], 1 + logits.Count(l => l > logits[index]));
    }

    private static double MeanOfChannel(double[] tap, TensorShape shape, int channel)
    {
        double sum = 0;
        for (int i = channel; i < tap.Length; i += shape.C)
        {
            sum += tap[i];
        }

        return sum / ((double)shape.H * shape.W);
    }
}
