using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>Excite a whole layer, whatever it finds: the mean square of all its values. As a loss -weight * mean of squares.</summary>
/// <remarks>DeepDream: Mordvintsev, Olah and Tyka, "Inceptionism" (2015); lucid <c>objectives.deepdream</c>.</remarks>
public sealed record LayerObjective : TapObjective
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <inheritdoc/>
    public override int? Count => null;

    /// <inheritdoc/>
    public override bool IsConstant => false;

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point }];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this;

    /// <inheritdoc/>
    public override void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(gradients);
        operations.MeanSquare(taps[0], -Weight, value, gradients[0]);
    }

    /// <inheritdoc/>
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        return new PictureScore(taps[0].Values.Average(v => v * v), []);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => Layer;

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className) => Layer;

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [];

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className) => $"{Layer}: the whole layer";

    /// <inheritdoc/>
    public override string FileStem() => $"{Layer}-all";
}
