namespace VggCuda.Engine.Backends.Cpu;

/// <content>Objectives that look at directions or compare images, and penalties of single pictures.</content>
public sealed unsafe partial class CpuBackend
{
    private readonly DirectionJob _direction = new();
    private readonly DiversityJob _diversity = new();
    private readonly AlignmentJob _alignment = new();
    private readonly AbsoluteVariationJob _absoluteVariation = new();
    private readonly DecayJob _decay = new();

    /// <inheritdoc/>
    public void Direction(ITensor tap, ITensor vector, double power, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Direction(tap, vector, power, value, gradient);
        _direction.Run(Pool, Own(tap, nameof(tap)), Own(vector, nameof(vector)), power, weight, Own(value, nameof(value)), Own(gradient, nameof(gradient)));
    }

    /// <inheritdoc/>
    public void Diversity(ITensor tap, int group, double weight, ITensor grams, ITensor lengths, ITensor value, ITensor gradient)
    {
        OperationChecks.Diversity(tap, group, grams, lengths, value, gradient);
        _diversity.Run(Pool, Pool.Threads, Own(tap, nameof(tap)), group, weight, Own(grams, nameof(grams)), Own(lengths, nameof(lengths)), Own(value, nameof(value)), Own(gradient, nameof(gradient)));
    }

    /// <inheritdoc/>
    public void Alignment(ITensor tap, int group, double weight, ITensor value, ITensor gradient)
    {
        OperationChecks.Groups(tap, group, value, gradient);
        _alignment.Run(Pool, Own(tap, nameof(tap)), group, weight, Own(value, nameof(value)), Own(gradient, nameof(gradient)));
    }

    /// <inheritdoc/>
    public void AbsoluteVariation(ITensor image, double weight, ITensor value, ITensor gradient) =>
        _absoluteVariation.Run(Pool, Own(image, nameof(image)), weight, Own(value, nameof(value), TensorShape.PerImage(image.Shape.N)), Own(gradient, nameof(gradient), image.Shape));

    /// <inheritdoc/>
    public void Decay(ITensor image, double centre, double weight, ITensor value, ITensor gradient) =>
        _decay.Run(Pool, Own(image, nameof(image)), centre, weight, Own(value, nameof(value), TensorShape.PerImage(image.Shape.N)), Own(gradient, nameof(gradient), image.Shape));
}
