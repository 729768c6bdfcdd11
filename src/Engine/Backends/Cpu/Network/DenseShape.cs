using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A dense layer that is computed, and the taps that look at it.</summary>
internal sealed record DenseShape
{
    /// <summary>The layer.</summary>
    public required Layer Layer { get; init; }

    /// <summary>The units computed.</summary>
    public required ChannelSlice Slice { get; init; }

    /// <summary>Whether its ReLU belongs to what is computed.</summary>
    public required bool HasRelu { get; init; }

    /// <summary>Whether a softmax does.</summary>
    public required bool HasSoftmax { get; init; }

    /// <summary>The program's taps after the activation.</summary>
    public required int[] After { get; init; }

    /// <summary>The program's taps before it.</summary>
    public required int[] Before { get; init; }

    /// <summary>Whether a tap, or the rescue of dead units, must see the gradient before it passes the layer's own ReLU.</summary>
    public required bool MeetsBeforeRelu { get; init; }

    /// <summary>Whether the values before the ReLU are kept beside those after it.</summary>
    public bool IsSplit => HasRelu && Before.Length > 0;
}
