using VggCuda.Engine.Backends;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>Objectives that look at directions or compare images, and penalties of single pictures.</content>
public sealed unsafe partial class CudaBackend
{
    private Direction _direction = null!;
    private Diversity _diversity = null!;
    private Alignment _alignment = null!;
    private AbsoluteVariation _absoluteVariation = null!;
    private Decay _decay = null!;

    /// <inheritdoc/>
    public void Direction(ITensor tap, ITensor vector, double power, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Direction(tap, vector, power, value, gradient);
        CudaTensor own = Use(tap, nameof(tap));
        _direction.Launch(own.Pointer, Use(vector, nameof(vector)).Pointer, power, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void Diversity(ITensor tap, int group, double weight, ITensor grams, ITensor lengths, ITensor value, ITensor gradient)
    {
        OperationChecks.Diversity(tap, group, grams, lengths, value, gradient);
        _diversity.Launch(
            Use(tap, nameof(tap)).Pointer, group, weight, Use(grams, nameof(grams)).Pointer, Use(lengths, nameof(lengths)).Pointer,
            Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, tap.Shape);
    }

    /// <inheritdoc/>
    public void Alignment(ITensor tap, int group, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Groups(tap, group, value, gradient);
        CudaTensor own = Use(tap, nameof(tap));
        _alignment.Launch(own.Pointer, group, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void AbsoluteVariation(ITensor image, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.PerImage(image, nameof(image), value, nameof(value));
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        CudaTensor own = Use(image, nameof(image));
        _absoluteVariation.Launch(own.Pointer, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void Decay(ITensor image, double centre, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.PerImage(image, nameof(image), value, nameof(value));
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        CudaTensor own = Use(image, nameof(image));
        _decay.Launch(own.Pointer, centre, weight, Use(value, nameof(value)).Pointer, Use(gradient, nameof(gradient)).Pointer, own.Shape, own.Scratch);
    }

    private void StartComparisons()
    {
        _direction = new Direction(_library);
        _diversity = new Diversity(_library);
        _alignment = new Alignment(_library);
        _absoluteVariation = new AbsoluteVariation(_library);
        _decay = new Decay(_library);
    }
}
