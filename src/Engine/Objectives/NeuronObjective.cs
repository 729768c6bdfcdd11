using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>Excite one value of a map in each picture: a channel at one position, by default the middle. As a loss -weight * value.</summary>
/// <remarks>lucid <c>objectives.neuron</c>.</remarks>
public sealed record NeuronObjective : TapObjective
{
    private const int MostNeuronsInName = 6;

    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>For each picture its neuron.</summary>
    public required ImmutableArray<Neuron> Neurons { get; init; }

    /// <inheritdoc/>
    public override int? Count => Neurons.IsDefault ? 0 : Neurons.Length;

    /// <inheritdoc/>
    public override bool IsConstant => true;

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) =>
        [new TapSpec(Find(network, Layer)) { Point = Point, Channels = [.. Neurons.Select(n => ImmutableArray.Create(n.Channel))] }];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this with { Neurons = Neurons.Slice(first, count) };

    /// <inheritdoc/>
    /// <remarks>-weight at the neuron's place, 0 elsewhere.</remarks>
    /// <exception cref="PlanException">A position lies outside the map.</exception>
    public override void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients, IReadOnlyList<ITensor> scratch)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(gradients);
        TensorShape shape = gradients[0].Shape;
        double[] values = new double[shape.Count];
        for (int n = 0; n < shape.N; n++)
        {
            values[(n * shape.CountPerImage) + Neurons[n].Place(shape, Layer)] = -Weight;
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
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        (TensorShape shape, double[] values) = taps[0];
        double value = values[Neurons[picture].Place(shape, Layer)];
        return new PictureScore(value, [new ChannelScore(Neurons[picture].Channel, value, null, null)]);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => $"{Layer} {Neurons[picture]}";

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className) => Neurons[picture].ToString();

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [$"neuron {Neurons[picture]}"];

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className)
    {
        Neuron[] neurons = [.. Neurons.Distinct()];
        return $"{Layer}: {string.Join(", ", neurons.Take(3).Select(n => $"neuron {n}"))}{(neurons.Length > 3 ? $" and {neurons.Length - 3} more" : "")}";
    }

    /// <inheritdoc/>
    public override string FileStem()
    {
        Neuron[] neurons = [.. Neurons.Distinct()];
        return neurons.Length <= MostNeuronsInName
            ? $"{Layer}-{string.Join(',', neurons.Select(n => n.ToString().Replace(',', 'x')))}"
            : $"{Layer}-{neurons.Length}-neurons";
    }

    /// <inheritdoc/>
    public override void Validate(Network network)
    {
        base.Validate(network);
        if (Neurons.IsDefaultOrEmpty || Neurons.Any(n => n.Channel < 0))
        {
            throw new PlanException("Every picture needs a neuron, and channels are numbered from 0.");
        }
    }
}
