using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Transforms;

/// <summary>A random change of the image before each evaluation, its numbers drawn before the run.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Jitter), "jitter")]
public abstract record Transform
{
    /// <summary>How many numbers a step needs per image.</summary>
    [JsonIgnore]
    public abstract int NumbersPerStep { get; }

    /// <summary>Draws the numbers of one step and image.</summary>
    /// <param name="random">The image's own stream.</param>
    /// <param name="numbers">Overwritten; <see cref="NumbersPerStep"/> values.</param>
    public abstract void Draw(NumPyRandom random, Span<double> numbers);

    /// <summary>Applies the transform.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="target">Same shape, overwritten.</param>
    /// <param name="table">(steps, N, 1, NumbersPerStep): the drawn numbers.</param>
    /// <param name="step">The step counter.</param>
    public abstract void Apply(IImageOperations operations, ITensor source, ITensor target, ITensor table, ITensor step);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public abstract void Validate(int height, int width);
}
