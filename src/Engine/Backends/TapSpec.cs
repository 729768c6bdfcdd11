using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends;

/// <summary>A place in the network that a program delivers: a layer's values, and the gradient there where it is wanted.</summary>
/// <param name="Layer">A convolution, a pooling or a dense layer.</param>
public sealed record TapSpec(Layer Layer)
{
    /// <summary>Before or after the layer's activation; a pooling has none, so that both are the same.</summary>
    public TapPoint Point { get; init; } = TapPoint.AfterActivation;

    /// <summary>
    /// Channels (or units) wanted: one list per image, all of one length; -1 fills up a shorter list and yields zeros.
    /// Default (empty): all channels of every image.
    /// </summary>
    public ImmutableArray<ImmutableArray<int>> Channels { get; init; } = [];

    /// <summary>Whether <see cref="INetworkProgram.TapGradient"/> will be read: the gradient that arrives here from all taps above, with what was given at this one.</summary>
    public bool WantsGradient { get; init; }

    /// <summary>Channels delivered per image.</summary>
    public int ChannelCount => Channels.IsDefaultOrEmpty ? Layer.Outputs : Channels[0].Length;

    /// <summary>Shape of the tap's values: (batch, h, w, <see cref="ChannelCount"/>), (batch, 1, 1, ...) for a dense layer.</summary>
    public TensorShape Shape(int batch, int height, int width)
    {
        (int h, int w) = Topology.OutputSize(Layer, height, width);
        return new TensorShape(batch, h, w, ChannelCount);
    }

    /// <summary>Checks the tap against a network and a batch.</summary>
    /// <exception cref="PlanException">It does not fit; the message says what would.</exception>
    internal void Validate(Topology topology, int batch)
    {
        if (Layer.Index >= topology.Layers.Length || topology.Layers[Layer.Index] != Layer)
        {
            throw new PlanException($"Layer '{Layer.Name}' is not one of this network's.");
        }

        if (!Layer.CanBeTapped)
        {
            throw new PlanException($"Layer '{Layer.Name}' has no filters to look at; take a convolution, pooling or dense layer.");
        }

        if (Channels.IsDefaultOrEmpty)
        {
            return;
        }

        if (Channels.Length != batch)
        {
            throw new PlanException($"{Channels.Length} channel lists for a batch of {batch}.");
        }

        foreach (ImmutableArray<int> list in Channels)
        {
            if (list.IsDefaultOrEmpty || list.Length != Channels[0].Length)
            {
                throw new PlanException("Channel lists must be of one length, at least 1.");
            }

            foreach (int channel in list)
            {
                if (channel < -1 || channel >= Layer.Outputs)
                {
                    throw new PlanException($"'{Layer.Name}' has no channel {channel}; its channels are 0 to {Layer.Outputs - 1}.");
                }
            }
        }
    }
}
