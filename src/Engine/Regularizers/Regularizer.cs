using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Regularizers;

/// <summary>A penalty on the image itself, added to the loss.</summary>
/// <param name="Weight">Factor, 0 or more; with 0 the term is left out.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LpNorm), "lp")]
[JsonDerivedType(typeof(TotalVariation), "tv")]
[JsonDerivedType(typeof(AnisotropicVariation), "tv1")]
[JsonDerivedType(typeof(ValueDecay), "decay")]
[JsonDerivedType(typeof(EdgeRoughness), "boundary")]
public abstract record Regularizer(double Weight)
{
    /// <summary>Its name in logs: lp, tv.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Tensors that it works in.</summary>
    /// <param name="image">Shape of the images.</param>
    public virtual ImmutableArray<TensorShape> Scratch(TensorShape image) => [];

    /// <summary>value[n] = the weighted penalty; its gradient is added to <paramref name="gradient"/>.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="image">(N, H, W, C), not changed.</param>
    /// <param name="value">Per image, overwritten.</param>
    /// <param name="gradient">Shape of the image, added to.</param>
    /// <param name="scratch">As <see cref="Scratch"/> says.</param>
    public abstract void Apply(IImageOperations operations, ITensor image, ITensor value, ITensor gradient, IReadOnlyList<ITensor> scratch);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public virtual void Validate()
    {
        if (!double.IsFinite(Weight) || Weight < 0)
        {
            throw new PlanException($"The weight of '{Name}' is {Weight}; it must be a finite number, 0 or more.");
        }
    }
}
