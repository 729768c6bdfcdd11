using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>How a gradient becomes a step.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RmsProp), "rmsprop")]
public abstract record Optimizer
{
    /// <summary>Tensors of the image's shape that it keeps between steps, zero at the start.</summary>
    [JsonIgnore]
    public abstract int StateCount { get; }

    /// <summary>Changes the image by one step downhill.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="image">Overwritten.</param>
    /// <param name="gradient">Of the loss; may be overwritten.</param>
    /// <param name="state"><see cref="StateCount"/> tensors.</param>
    public abstract void Apply(IImageOperations operations, ITensor image, ITensor gradient, IReadOnlyList<ITensor> state);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public abstract void Validate();
}
