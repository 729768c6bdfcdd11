using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Hashing;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Images;

/// <summary>A given picture; the same for every image of the batch.</summary>
/// <param name="Source">Where it comes from, for the record: a file name.</param>
/// <param name="Sha256">SHA-256 of its values as float32, lower-case hex.</param>
public sealed record PictureStart(string Source, string Sha256) : ImageStart
{
    /// <summary>The values, (H, W, 3) in C order, in the value range of the plan's image. Not part of the written plan.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<float> Values { get; init; }

    /// <summary>Makes a start of values, and hashes them.</summary>
    public static PictureStart FromValues(string source, float[] values) =>
        new(source, ContentHash.Sha256Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values))) { Values = values };

    /// <inheritdoc/>
    public override void Draw(NumPyRandom random, int height, int width, Span<double> image)
    {
        ReadOnlySpan<float> values = Values.Span;
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = values[i];
        }
    }

    /// <inheritdoc/>
    public override void Validate(int height, int width) => Validate(height, width, "start picture");

    /// <summary>Checks the values.</summary>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="role">What the picture is called in messages.</param>
    /// <exception cref="PlanException">They are too many, too few, or not finite.</exception>
    public void Validate(int height, int width, string role)
    {
        if (Values.Length != height * width * 3)
        {
            throw new PlanException(Values.Length == 0
                ? $"The {role} '{Source}' has not been loaded."
                : $"The {role} '{Source}' has {Values.Length} values; {height} x {width} x 3 = {height * width * 3} are needed.");
        }

        foreach (float value in Values.Span)
        {
            if (!float.IsFinite(value))
            {
                throw new PlanException($"The {role} '{Source}' holds values that are not finite.");
            }
        }
    }
}
