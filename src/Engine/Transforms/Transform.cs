using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;
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

    /// <summary>Applies the transform, the last of a step, and runs the network on what comes of it.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="program">A program of it.</param>
    /// <param name="source">(N, H, W, C), not changed.</param>
    /// <param name="target">Same shape, overwritten.</param>
    /// <param name="table">As for <see cref="Apply"/>.</param>
    /// <param name="step">The step counter.</param>
    /// <remarks>For a transform that a backend can fuse with the network's input to override; the result is that of the two one after the other.</remarks>
    public virtual void ApplyAndForward(IBackend backend, INetworkProgram program, ITensor source, ITensor target, ITensor table, ITensor step)
    {
        ArgumentNullException.ThrowIfNull(program);
        Apply(backend, source, target, table, step);
        program.Forward(target);
    }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public abstract void Validate(int height, int width);
}
