using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>Excite a direction among a layer's channels: at every position the values' product with a vector, times a power of their cosine. As a loss -weight * the mean over the positions.</summary>
/// <remarks>
/// d max(0.1, d / ((1e-4 + |a|) (1e-4 + |v|)))^power with d = a . v: lucid <c>objectives.direction</c>, whose floor keeps the sign and the
/// gradient of what points elsewhere. A power prefers what points that way and no other; Carter et al., "Activation Atlas" (Distill 2019), take 2.
/// </remarks>
public sealed record DirectionObjective : TapObjective
{
    private const int MostChannelsNamed = 4;

    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>Channels that the vector is not zero in.</summary>
    public required ImmutableArray<int> Channels { get; init; }

    /// <summary>The vector's values there.</summary>
    public required ImmutableArray<double> Values { get; init; }

    /// <summary>Exponent of the cosine, 0 to 16; lucid: 0.</summary>
    public double Power { get; init; }

    /// <inheritdoc/>
    public override int? Count => null;

    /// <inheritdoc/>
    public override bool IsConstant => false;

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point }];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this;

    /// <inheritdoc/>
    public override ImmutableArray<TensorShape> Scratch(IReadOnlyList<TensorShape> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        return [new TensorShape(1, 1, 1, taps[0].C)];
    }

    /// <inheritdoc/>
    public override void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(scratch);
        backend.Upload(scratch[0], Vector(scratch[0].Shape.C));
    }

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(scratch);
        operations.Direction(taps[0], scratch[0], Power, -Weight, value, gradients[0]);
    }

    /// <inheritdoc/>
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        (TensorShape shape, double[] values) = taps[0];
        double[] vector = Vector(shape.C);
        double length = Math.Sqrt(vector.Sum(v => v * v));
        double sum = 0;
        for (int i = 0; i < values.Length; i += shape.C)
        {
            ReadOnlySpan<double> own = values.AsSpan(i, shape.C);
            double dot = 0;
            double square = 0;
            for (int c = 0; c < shape.C; c++)
            {
                dot += own[c] * vector[c];
                square += own[c] * own[c];
            }

            sum += dot * Math.Pow(Math.Max(0.1, dot / ((1e-4 + Math.Sqrt(square)) * (1e-4 + length))), Power);
        }

        return new PictureScore(sum / ((double)shape.H * shape.W), []);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => $"{Layer} along {Text()}";

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className) => Text();

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [];

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className) => Describe(0);

    /// <inheritdoc/>
    public override string FileStem() => $"{Layer}-direction-{string.Join('+', Channels.Take(MostChannelsNamed))}{(Channels.Length > MostChannelsNamed ? $"+{Channels.Length - MostChannelsNamed}-more" : "")}";

    /// <inheritdoc/>
    public override void Validate(Network network)
    {
        base.Validate(network);
        int outputs = Find(network, Layer).Outputs;
        if (Channels.IsDefaultOrEmpty || Values.IsDefault || Values.Length != Channels.Length || Channels.Distinct().Count() != Channels.Length)
        {
            throw new PlanException("A direction needs one or more channels, each once, and a value for each.");
        }

        foreach (int channel in Channels.Where(c => c < 0 || c >= outputs))
        {
            throw new PlanException($"'{Layer}' has no channel {channel}; its channels are 0 to {outputs - 1}.");
        }

        if (!Values.All(double.IsFinite) || Values.All(v => v == 0))
        {
            throw new PlanException("A direction's values must be finite numbers, and one of them other than 0.");
        }

        if (!(Power >= 0 && Power <= 16))
        {
            throw new PlanException($"The power of a direction's cosine is {Power}; it must be between 0 and 16.");
        }
    }

    private double[] Vector(int channels)
    {
        double[] vector = new double[channels];
        for (int i = 0; i < Channels.Length; i++)
        {
            vector[Channels[i]] = Values[i];
        }

        return vector;
    }

    private string Text()
    {
        IEnumerable<string> parts = Channels.Zip(Values).Take(MostChannelsNamed).Select(p => p.Second == 1 ? $"{p.First}" : string.Create(CultureInfo.InvariantCulture, $"{p.Second:G3} x {p.First}"));
        return string.Join(" + ", parts) + (Channels.Length > MostChannelsNamed ? " + ..." : "");
    }
}
