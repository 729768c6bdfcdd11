using System.Collections.Immutable;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>Excite channels of a layer: per image the sum of the channels' means over the map; for a dense layer the units themselves.</summary>
/// <remarks>keras-vis 0.3.3 <c>ActivationMaximization</c>. As a loss it is negative: -weight * sum of means.</remarks>
public sealed record ChannelObjective
{
    /// <summary>Keras's name of the layer.</summary>
    public required string Layer { get; init; }

    /// <summary>For each image of the batch the channels that it shall excite, one or more.</summary>
    public required ImmutableArray<ImmutableArray<int>> Channels { get; init; }

    /// <summary>Factor, 0 or more; keras-vis: 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Before or after the layer's activation; keras-vis: after.</summary>
    public TapPoint Point { get; init; } = TapPoint.AfterActivation;

    /// <summary>Logits or probabilities where the layer is the classifier; the recipe: logits.</summary>
    public TopActivation Top { get; init; } = TopActivation.Linear;

    /// <summary>Channel lists filled up with -1 to one length, as programs want them.</summary>
    public ImmutableArray<ImmutableArray<int>> PaddedChannels()
    {
        int length = Channels.Max(c => c.Length);
        return [.. Channels.Select(c => c.AddRange(Enumerable.Repeat(-1, length - c.Length)))];
    }

    /// <summary>The gradient of the loss with respect to the tap: constant, -weight / (h * w). Done once, before the run.</summary>
    public void FillTapGradient(IImageOperations operations, ITensor tapGradient)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(tapGradient);
        operations.Fill(tapGradient, -Weight / ((double)tapGradient.Shape.H * tapGradient.Shape.W));
    }

    /// <summary>value[n] = the loss, -weight * sum of means.</summary>
    public void Evaluate(IImageOperations operations, ITensor tap, ITensor value)
    {
        ArgumentNullException.ThrowIfNull(operations);
        operations.ChannelMean(tap, -Weight, value);
    }
}
