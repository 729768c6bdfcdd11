using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>From one channel to another, picture by picture: (1 - w) mean of the first + w mean of the second, w rising evenly from 0 to 1. As a loss -weight times that.</summary>
/// <remarks>lucid <c>objectives.channel_interpolate</c>.</remarks>
public sealed record InterpolationObjective : TapObjective
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>The channel or unit of the first picture.</summary>
    public required int From { get; init; }

    /// <summary>The channel or unit of the last picture.</summary>
    public required int To { get; init; }

    /// <summary>Pictures on the way, both ends counted; 2 or more.</summary>
    public required int Steps { get; init; }

    /// <summary>Which of them the first picture is.</summary>
    public int First { get; init; }

    /// <inheritdoc/>
    public override int? Count => null;

    /// <inheritdoc/>
    public override bool IsConstant => true;

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point }];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this with { First = First + first };

    /// <inheritdoc/>
    public override void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(gradients);
        TensorShape shape = gradients[0].Shape;
        double[] values = new double[shape.Count];
        for (int n = 0; n < shape.N; n++)
        {
            for (int p = 0; p < shape.H * shape.W; p++)
            {
                long place = (((long)n * shape.H * shape.W) + p) * shape.C;
                values[place + From] -= Weight * (1 - Part(n)) / ((double)shape.H * shape.W);
                values[place + To] -= Weight * Part(n) / ((double)shape.H * shape.W);
            }
        }

        backend.Upload(gradients[0], values);
    }

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);

        // Linear, so that the loss is the product of the values and their constant gradient.
        operations.Dot(taps[0], gradients[0], 1, value);
    }

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> ScoredTaps(Network network) => [.. Taps(network).Select(t => t with { Point = t.Layer.IsClassifier ? TapPoint.BeforeActivation : t.Point })];

    /// <inheritdoc/>
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        (TensorShape shape, double[] values) = taps[0];
        double from = Mean(From);
        double to = Mean(To);
        return new PictureScore(((1 - Part(picture)) * from) + (Part(picture) * to), [new ChannelScore(From, from, null, null), new ChannelScore(To, to, null, null)]);

        double Mean(int channel) => Enumerable.Range(0, values.Length / shape.C).Average(p => values[(p * shape.C) + channel]);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => $"{Layer} {From} to {To}, {First + picture + 1} of {Steps}";

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className) => $"{From} to {To}: {Part(picture) * 100:F0} %";

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [Unit(From, network, className), Unit(To, network, className)];

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className) => $"{Layer}: {Unit(From, network, className)} to {Unit(To, network, className)}";

    /// <inheritdoc/>
    public override string FileStem() => $"{Layer}-{From}-to-{To}";

    /// <inheritdoc/>
    public override void Validate(Network network)
    {
        base.Validate(network);
        int outputs = Find(network, Layer).Outputs;
        if (Math.Min(From, To) < 0 || Math.Max(From, To) >= outputs)
        {
            throw new PlanException($"'{Layer}' has no channel {(From < 0 || From >= outputs ? From : To)}; its channels are 0 to {outputs - 1}.");
        }

        if (Steps < 2 || First < 0 || First >= Steps)
        {
            throw new PlanException($"An interpolation of {Steps} pictures: it needs two or more (--count).");
        }
    }

    private string Unit(int channel, Network network, Func<int, string?> className) => Find(network, Layer).IsClassifier ? DescribeClass(channel, className) : $"filter {channel}";

    private double Part(int picture) => (double)(First + picture) / (Steps - 1);
}
