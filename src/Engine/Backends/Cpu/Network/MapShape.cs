using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A convolution's output, what follows it, and the taps that look at it.</summary>
internal sealed record MapShape
{
    /// <summary>The convolution.</summary>
    public required Layer Layer { get; init; }

    /// <summary>Kernels of its vector width.</summary>
    public required LaneKernels Kernels { get; init; }

    /// <summary>Its output before pooling.</summary>
    public required PlaneLayout Map { get; init; }

    /// <summary>Whether a pooling follows.</summary>
    public required bool IsPooled { get; init; }

    /// <summary>Whether it is the network's first convolution, which writes no tiles and so cannot pool as it goes.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Whether its ReLU belongs to what is computed.</summary>
    public required bool HasRelu { get; init; }

    /// <summary>The outputs computed.</summary>
    public required ChannelSlice Slice { get; init; }

    /// <summary>Where it lies as the next layer reads it; its gradient takes the same place in the backward pass.</summary>
    public required BufferKey Buffer { get; init; }

    /// <summary>Where it lies before pooling, if it is pooled and split.</summary>
    public required BufferKey WholeBuffer { get; init; }

    /// <summary>The program's taps of the pooling behind it.</summary>
    public required int[] Pooled { get; init; }

    /// <summary>The program's taps after its activation.</summary>
    public required int[] After { get; init; }

    /// <summary>The program's taps before its activation.</summary>
    public required int[] Before { get; init; }

    /// <summary>Whether a tap, or the rescue of dead units, must see the gradient before it passes the layer's own ReLU.</summary>
    public required bool MeetsBeforeRelu { get; init; }

    /// <summary>Whether the pooled gradient is wanted also where nothing above zero was pooled.</summary>
    public required bool WantsDead { get; init; }

    /// <summary>What is kept of it: the pooled map where a pooling follows.</summary>
    public required PlaneLayout Stored { get; init; }

    /// <summary>Whether a tap looks in front of something that would otherwise happen in registers, or its pooling cannot happen there: then it is written before its activation, which follows as a pass of its own.</summary>
    public bool IsSplit => IsPooled ? IsFirst || MeetsBeforeRelu || After.Length + Before.Length > 0 : HasRelu && Before.Length > 0;

    /// <summary>Whether some tap looks at it.</summary>
    public bool IsTapped => Pooled.Length + After.Length + Before.Length > 0;

    /// <summary>Whether the gradient passes the ReLU in the epilogue with which it arrives.</summary>
    public bool PassesReluOnArrival => !MeetsBeforeRelu && (!IsPooled || !IsTapped);

    /// <summary>Bytes of its own ReLU's bits: none where a pooling's masks say it all.</summary>
    public long ReluMaskBytes => (IsPooled ? IsSplit : HasRelu) ? Map.ReluMasks * sizeof(ushort) : 0;

    /// <summary>Bytes of its pooling's masks.</summary>
    public long PoolMaskBytes => IsPooled ? Map.PoolMasks * sizeof(ulong) : 0;
}

/// <summary>Which buffer a map lies in: maps of one resolution and vector width take turns in two, so that borders stay zero.</summary>
internal readonly record struct BufferKey(int Halvings, int Lanes, int Slot);
