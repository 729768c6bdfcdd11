namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A tap of a program: what it delivers, and what is given at it.</summary>
internal sealed unsafe class CpuTap : IDisposable
{
    private readonly int[] _positions;

    /// <summary>Allocates its tensors.</summary>
    /// <param name="backend">Where.</param>
    /// <param name="spec">The program's spec.</param>
    /// <param name="index">The tap's place in it.</param>
    /// <param name="slice">What is computed of its layer.</param>
    /// <param name="isSoftmax">Whether it looks at probabilities.</param>
    public CpuTap(CpuBackend backend, ProgramSpec spec, int index, ChannelSlice slice, bool isSoftmax)
    {
        IsSoftmax = isSoftmax;
        Spec = spec.Taps[index];
        TensorShape shape = spec.TapShape(index);
        _positions = slice.PositionsOf(Spec, spec.Batch);
        IsWhole = Spec.Channels.IsDefaultOrEmpty && slice.Channels is null;
        Values = (CpuTensor)backend.Allocate(shape);
        try
        {
            Gradient = spec.NeedsGradient && Spec.WantsGradient ? (CpuTensor)backend.Allocate(shape) : null;
        }
        catch
        {
            Values.Dispose();
            throw;
        }
    }

    public TapSpec Spec { get; }

    /// <summary>(batch, h, w, <see cref="Wanted"/>).</summary>
    public CpuTensor Values { get; }

    /// <summary>The same shape, where it is wanted.</summary>
    public CpuTensor? Gradient { get; }

    /// <summary>What the present backward pass is given here; null for nothing.</summary>
    public float* Given { get; set; }

    /// <summary>Whether it looks at probabilities.</summary>
    public bool IsSoftmax { get; }

    /// <summary>Channels delivered per image.</summary>
    public int Wanted => Spec.ChannelCount;

    /// <summary>For each channel that an image wants its index among those computed, -1 for none.</summary>
    public ReadOnlySpan<int> PositionsOf(int image) => _positions.AsSpan(image * Wanted, Wanted);

    /// <summary>What one image is given; something must be.</summary>
    public ReadOnlySpan<float> GivenTo(int image) => new(Given + (image * Values.Shape.CountPerImage), Values.CountPerImage);

    /// <summary>Whether all channels are wanted of every image, in order.</summary>
    public bool IsWhole { get; }

    public void Dispose()
    {
        Values.Dispose();
        Gradient?.Dispose();
    }
}
