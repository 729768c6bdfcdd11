using System.Text.Json.Serialization;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Images;

/// <summary>What the optimisation starts from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NoiseStart), "noise")]
[JsonDerivedType(typeof(PictureStart), "picture")]
public abstract record ImageStart
{
    /// <summary>Writes one start image, (H, W, 3) in C order, in the value range of the plan's image.</summary>
    /// <param name="random">The image's own stream.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="image">Overwritten; height * width * 3 values.</param>
    public abstract void Draw(NumPyRandom random, int height, int width, Span<double> image);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public abstract void Validate(int height, int width);
}
