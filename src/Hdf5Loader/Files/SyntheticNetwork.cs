using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>The network of a synthetic weights file: a known one, narrower, for another size or other classes.</summary>
public static class SyntheticNetwork
{
    /// <summary>The greatest width divisor: it leaves one channel in the first block.</summary>
    public const int MostDivisor = 64;

    /// <summary>The greatest input side, pixels.</summary>
    public const int MostSize = 4096;

    /// <summary>The most classes.</summary>
    public const int MostClasses = 1_000_000;

    /// <summary>The least input side, and the step of all: what the poolings make one pixel of.</summary>
    public static int SizeStep { get; } = Topology.ImageNet.SmallestInput;

    /// <summary>Makes the layer table.</summary>
    /// <param name="widthDivisor">
    /// 1 to 64. The channels of every convolution (64, 128, 256, 512) and the units of the dense layers before the last (4096) are divided by it
    /// and rounded up; the classes are not.
    /// </param>
    /// <param name="size">Side of the square input in pixels, 32 to 4096 in steps of 32; it sets the first dense layer's rows. 224 is the published network's.</param>
    /// <param name="classes">Units of the classifier, 1 to 1,000,000; 1,000 is the published network's.</param>
    /// <param name="top">Whether the dense layers are there; without them size and classes do not matter.</param>
    /// <param name="architecture">Which network; null for VGG16.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number outside its range.</exception>
    public static Topology Create(int widthDivisor = 1, int size = 224, int classes = 1000, bool top = true, Architecture? architecture = null)
    {
        Demand(widthDivisor is >= 1 and <= MostDivisor, nameof(widthDivisor), widthDivisor, $"the width divisor is a whole number from 1 to {MostDivisor}.");
        Demand(size >= SizeStep && size <= MostSize && size % SizeStep == 0, nameof(size), size, $"the size is a multiple of {SizeStep} from {SizeStep} to {MostSize}: each pooling halves it.");
        Demand(classes is >= 1 and <= MostClasses, nameof(classes), classes, $"the number of classes is from 1 to {MostClasses}.");
        Topology full = (architecture ?? Topology.ImageNet.Architecture).ImageNet;
        return new Topology(
            [.. full.Blocks.Select(widths => widths.Select(Divided).ToImmutableArray())],
            top ? Head.Create(size / SizeStep, [.. full.Head!.Layers.SkipLast(1).Select(l => Divided(l.Units)), classes]) : null);

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
