using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>The network of a synthetic weights file: VGG16, narrower, for another size or other classes.</summary>
public static class SyntheticNetwork
{
    /// <summary>The greatest width divisor: it leaves one channel in the first block.</summary>
    public const int MostDivisor = 64;

    /// <summary>The greatest input side, pixels.</summary>
    public const int MostSize = 4096;

    /// <summary>The most classes.</summary>
    public const int MostClasses = 1_000_000;

    /// <summary>Makes the layer table.</summary>
    /// <param name="widthDivisor">
    /// 1 to 64. The channels of every convolution (64, 128, 256, 512) and the units of fc1 and fc2 (4096) are divided by it
    /// and rounded up; the classes are not.
    /// </param>
    /// <param name="size">Side of the square input in pixels, 32 to 4096 in steps of 32; it sets fc1's rows. 224 is the published network's.</param>
    /// <param name="classes">Units of predictions, 1 to 1,000,000; 1,000 is the published network's.</param>
    /// <param name="top">Whether the dense layers are there; without them size and classes do not matter.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number outside its range.</exception>
    public static Topology Create(int widthDivisor = 1, int size = 224, int classes = 1000, bool top = true)
    {
        Demand(widthDivisor is >= 1 and <= MostDivisor, nameof(widthDivisor), widthDivisor, $"the width divisor is a whole number from 1 to {MostDivisor}.");
        Demand(size is >= 32 and <= MostSize && size % 32 == 0, nameof(size), size, $"the size is a multiple of 32 from 32 to {MostSize}: five poolings halve it.");
        Demand(classes is >= 1 and <= MostClasses, nameof(classes), classes, $"the number of classes is from 1 to {MostClasses}.");
        Topology full = Topology.ImageNet;
        return new Topology(
            [.. full.Widths.Select(Divided)],
            top ? new Vgg16Top(size / 32, Divided(full.Top!.Fc1), Divided(full.Top.Fc2), classes) : null);

        int Divided(int width) => (width + widthDivisor - 1) / widthDivisor;
    }

    private static void Demand(bool holds, string name, int value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, rule);
        }
    }
}
