using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Images;

/// <summary>What the optimisation starts from.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NoiseStart), "noise")]
[JsonDerivedType(typeof(NormalStart), "normal")]
[JsonDerivedType(typeof(PictureStart), "picture")]
public abstract record ImageStart
{
    /// <summary>Writes the start of one image's parameters in C order: a picture, (H, W, 3) in the value range of the plan's image, or what a parameterisation makes one of.</summary>
    /// <param name="random">The image's own stream.</param>
    /// <param name="height">Rows of the parameters.</param>
    /// <param name="width">Columns of the parameters.</param>
    /// <param name="image">Overwritten; all values of one image's parameters.</param>
    public abstract void Draw(NumPyRandom random, int height, int width, Span<double> image);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public abstract void Validate(int height, int width);
}
