using System.Collections.Immutable;
using System.Globalization;

namespace VggCuda.Engine.Model;

/// <summary>The layer table of a VGG16 of any widths, input size and class count.</summary>
/// <remarks>Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (arXiv 1409.1556), table 1, column D. Names and indices are Keras's.</remarks>
public sealed class Topology
{
    /// <summary>Convolutions per block.</summary>
    public static ImmutableArray<int> ConvolutionsPerBlock { get; } = [2, 2, 3, 3, 3];

    /// <summary>The published network: 224x224, 1,000 classes, 138,357,544 parameters.</summary>
    public static Topology ImageNet { get; } =
        new([64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512], new Vgg16Top(7, 4096, 4096, 1000));

    /// <summary>Creates the table.</summary>
    /// <param name="widths">Output channels of the 13 convolutions.</param>
    /// <param name="top">The dense layers, or null for a network without them.</param>
    /// <exception cref="ArgumentException">Not 13 widths, or a size below 1.</exception>
    public Topology(ImmutableArray<int> widths, Vgg16Top? top)
    {
        if (widths.Length != 13 || widths.Any(w => w < 1))
        {
            throw new ArgumentException("VGG16 has 13 convolutions of at least one channel each.", nameof(widths));
        }

        if (top is not null && (top.Grid < 1 || top.Fc1 < 1 || top.Fc2 < 1 || top.Classes < 1))
        {
            throw new ArgumentException("Every dense layer needs at least one unit, and the grid at least one cell.", nameof(top));
        }

        Widths = widths;
        Top = top;
        Layers = BuildLayers(widths, top);
    }

    /// <summary>Output channels of the 13 convolutions.</summary>
    public ImmutableArray<int> Widths { get; }

    /// <summary>The dense layers, or null.</summary>
    public Vgg16Top? Top { get; }

    /// <summary>All layers, the input first; 23 with top, 19 without.</summary>
    public ImmutableArray<Layer> Layers { get; }

    /// <summary>Weights and biases of all layers.</summary>
    public long ParameterCount => Layers.Sum(l => l.ParameterCount);

    /// <summary>The side of the square input that the top demands (224 for the published network), or null without a top: any size from 32 up.</summary>
    public int? FixedInputSize => Top is null ? null : Top.Grid * 32;

    /// <summary>Finds a layer by Keras's name (case ignored) or index.</summary>
    /// <returns>The layer, or null where there is none.</returns>
    public Layer? Find(string nameOrIndex)
    {
        ArgumentNullException.ThrowIfNull(nameOrIndex);
        if (int.TryParse(nameOrIndex, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            return index >= 0 && index < Layers.Length ? Layers[index] : null;
        }

        return Layers.FirstOrDefault(l => string.Equals(l.Name, nameOrIndex, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Height and width of a layer's output for an input of the given size; (1, 1) from flatten on.</summary>
    public static (int Height, int Width) OutputSize(Layer layer, int inputHeight, int inputWidth)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Kind is LayerKind.Flatten or LayerKind.Dense
            ? (1, 1)
            : (inputHeight >> layer.Halvings, inputWidth >> layer.Halvings);
    }

    private static ImmutableArray<Layer> BuildLayers(ImmutableArray<int> widths, Vgg16Top? top)
    {
        ImmutableArray<Layer>.Builder layers = ImmutableArray.CreateBuilder<Layer>();
        layers.Add(new Layer(0, "input_1", LayerKind.Input, 3, 3, 0));
        int channels = 3;
        int convolution = 0;
        for (int block = 1; block <= 5; block++)
        {
            for (int i = 1; i <= ConvolutionsPerBlock[block - 1]; i++)
            {
                int width = widths[convolution++];
                layers.Add(new Layer(layers.Count, $"block{block}_conv{i}", LayerKind.Convolution, channels, width, block - 1));
                channels = width;
            }

            layers.Add(new Layer(layers.Count, $"block{block}_pool", LayerKind.MaxPool, channels, channels, block));
        }

        if (top is not null)
        {
            int flat = top.Grid * top.Grid * channels;
            layers.Add(new Layer(layers.Count, "flatten", LayerKind.Flatten, channels, flat, 5));
            layers.Add(new Layer(layers.Count, "fc1", LayerKind.Dense, flat, top.Fc1, 5));
            layers.Add(new Layer(layers.Count, "fc2", LayerKind.Dense, top.Fc1, top.Fc2, 5));
            layers.Add(new Layer(layers.Count, "predictions", LayerKind.Dense, top.Fc2, top.Classes, 5));
        }

        return layers.ToImmutable();
    }
}

/// <summary>The dense layers of a VGG16.</summary>
/// <param name="Grid">Side of block5_pool's square output: 7 for 224 pixels.</param>
/// <param name="Fc1">Units of fc1.</param>
/// <param name="Fc2">Units of fc2.</param>
/// <param name="Classes">Units of predictions.</param>
public sealed record Vgg16Top(int Grid, int Fc1, int Fc2, int Classes);
