using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>An objective that compares the pictures of a group at a layer: they depend on each other, and none is what it would be alone.</summary>
public abstract record CoupledObjective : TapObjective
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>Pictures per group, 2 or more; the pictures of a plan are so many, or several times so many.</summary>
    public required int Group { get; init; }

    /// <inheritdoc/>
    public sealed override int? Count => null;

    /// <inheritdoc/>
    public sealed override int GroupSize => Math.Max(1, Group);

    /// <inheritdoc/>
    public sealed override bool IsConstant => false;

    /// <summary>What it is called in file names and messages: <c>diversity</c>.</summary>
    protected abstract string Name { get; }

    /// <inheritdoc/>
    public sealed override ImmutableArray<TapSpec> Taps(Network network) => [new TapSpec(Find(network, Layer)) { Point = Point }];

    /// <inheritdoc/>
    public sealed override Objective Slice(int first, int count) => first % Group == 0 && count % Group == 0
        ? this
        : throw new PlanException($"Pictures {first} to {first + count - 1} are no whole groups of {Group}, which '{Name}' compares.");

    /// <inheritdoc/>
    /// <remarks>One picture alone cannot be compared, so that it has no value of its own.</remarks>
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

    /// <inheritdoc/>
    public sealed override void Validate(Network network)
    {
        base.Validate(network);
        if (Group < 2)
        {
            throw new PlanException($"'{Name}' compares pictures with each other, and there is only one: draw two or more (--count).");
        }
    }
}
