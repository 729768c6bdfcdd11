using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>An objective that compares what a layer finds in the picture with what it finds in another, the plan's guide, seen through the same random view.</summary>
public abstract record GuidedObjective : TapObjective
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <inheritdoc/>
    public sealed override int? Count => null;

    /// <inheritdoc/>
    public sealed override bool IsConstant => false;

    /// <summary>What it is called in file names and messages: <c>caricature</c>.</summary>
    protected abstract string Name { get; }

    /// <inheritdoc/>
    public sealed override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point }];

    /// <inheritdoc/>
    /// <remarks>One tensor: what the guide has at the tap.</remarks>
    public sealed override ImmutableArray<TensorShape> Scratch(IReadOnlyList<TensorShape> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        return [taps[0]];
    }

    /// <summary>In each step, when the guide has gone through the network and before the picture does: keeps what was found.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="taps">What the network found in the guide.</param>
    /// <param name="scratch">As <see cref="Scratch"/> says.</param>
    public static void Look(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(taps);
        ArgumentNullException.ThrowIfNull(scratch);
        operations.Copy(taps[0], scratch[0]);
    }

    /// <inheritdoc/>
    public sealed override Objective Slice(int first, int count) => this;

    /// <inheritdoc/>
    /// <remarks>The finished picture is not compared again; the log has the last step's value.</remarks>
    public sealed override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network) => new(0, []);

    /// <inheritdoc/>
    public sealed override ImmutableArray<TapSpec> ScoredTaps(Network network) => [];

    /// <inheritdoc/>
    public sealed override string Describe(int picture) => $"{Name}({Layer})";

    /// <inheritdoc/>
    public sealed override string Label(int picture, Network network, Func<int, string?> className) => Name;

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [];

    /// <inheritdoc/>
    public sealed override string Title(Network network, Func<int, string?> className) => Describe(0);

    /// <inheritdoc/>
    public sealed override string FileStem() => $"{Name}-{Layer}";
}
