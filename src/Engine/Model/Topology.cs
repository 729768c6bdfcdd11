using System.Collections.Immutable;
using System.Globalization;

namespace VggCuda.Engine.Model;

/// <summary>The layer table of a VGG of any depth, widths, input size and dense layers. Names and indices are Keras's.</summary>
public sealed class Topology
{
    /// <summary>The published VGG16: 224x224, 1,000 classes, 138,357,544 parameters.</summary>
    public static Topology ImageNet { get; } = Architecture.Named("VGG16")!.ImageNet;

    /// <summary>Creates the table.</summary>
    /// <param name="blocks">For each block the output channels of its convolutions; a pooling ends each block.</param>
    /// <param name="head">The dense layers, or null for a network without them.</param>
    /// <exception cref="ArgumentException">The blocks are no known network's, or a size is below 1.</exception>
    public Topology(ImmutableArray<ImmutableArray<int>> blocks, Head? head)
    {
        Architecture = Architecture.Of(blocks.Select(widths => widths.Length))
            ?? throw new ArgumentException($"No known network has ({string.Join(", ", blocks.Select(b => b.Length))}) convolutions in its blocks. Known: {Architecture.DescribeKnown()}.", nameof(blocks));
        if (blocks.Any(widths => widths.Any(w => w < 1)))
        {
            throw new ArgumentException("Every convolution needs at least one channel.", nameof(blocks));
        }

        if (head is not null && (head.Grid < 1 || head.Layers.IsDefaultOrEmpty || head.Layers.Any(l => l.Units < 1)))
        {
            throw new ArgumentException("Every dense layer needs at least one unit, and the grid at least one cell.", nameof(head));
        }

        Blocks = blocks;
        Head = head;
        Layers = BuildLayers(blocks, head);
    }

    /// <summary>Which of the known networks it is.</summary>
    public Architecture Architecture { get; }

    /// <summary>The network's name: "VGG16", whatever its widths.</summary>
    public string Name => Architecture.Name;

    /// <summary>For each block the output channels of its convolutions.</summary>
    public ImmutableArray<ImmutableArray<int>> Blocks { get; }

    /// <summary>Output channels of all convolutions, in order.</summary>
    public ImmutableArray<int> Widths => [.. Blocks.SelectMany(widths => widths)];

    /// <summary>The dense layers, or null.</summary>
    public Head? Head { get; }

    /// <summary>All layers, the input first.</summary>
    public ImmutableArray<Layer> Layers { get; }

    /// <summary>The layer whose units are the classes, or null without dense layers.</summary>
    public Layer? Classifier => Head is null ? null : Layers[^1];

    /// <summary>Weights and biases of all layers.</summary>
    public long ParameterCount => Layers.Sum(l => l.ParameterCount);

    /// <summary>The smallest side that leaves one pixel behind all poolings: 32.</summary>
    public int SmallestInput => 1 << Blocks.Length;

    /// <summary>The side of the square input that the dense layers demand (224 for the published network), or null without them: any from <see cref="SmallestInput"/> up.</summary>
    public int? FixedInputSize => Head is null ? null : Head.Grid * SmallestInput;

    /// <summary>Whether a picture of this size leaves behind all poolings the map that the dense layers take; true without them.</summary>
    /// <param name="height">Rows, in pixels.</param>
    /// <param name="width">Columns, the same.</param>
    public bool HeadTakes(int height, int width) => Head is null || (height / SmallestInput == Head.Grid && width / SmallestInput == Head.Grid);

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

    private static ImmutableArray<Layer> BuildLayers(ImmutableArray<ImmutableArray<int>> blocks, Head? head)
    {
        ImmutableArray<Layer>.Builder layers = ImmutableArray.CreateBuilder<Layer>();
        layers.Add(new Layer(0, "input_1", LayerKind.Input, 3, 3, 0));
        int inputs = 3;
        for (int block = 1; block <= blocks.Length; block++)
        {
            ImmutableArray<int> widths = blocks[block - 1];
            for (int i = 1; i <= widths.Length; i++)
            {
                layers.Add(new Layer(layers.Count, Architecture.ConvolutionName(block, i), LayerKind.Convolution, inputs, widths[i - 1], block - 1) { Activation = Activation.Relu });
                inputs = widths[i - 1];
            }

            layers.Add(new Layer(layers.Count, $"block{block}_pool", LayerKind.MaxPool, inputs, inputs, block));
        }

        if (head is not null)
        {
            int flat = checked(head.Grid * head.Grid * inputs);
            layers.Add(new Layer(layers.Count, "flatten", LayerKind.Flatten, inputs, flat, blocks.Length));
            inputs = flat;
            for (int i = 0; i < head.Layers.Length; i++)
            {
                (string name, int units) = head.Layers[i];
                bool last = i == head.Layers.Length - 1;
                layers.Add(new Layer(layers.Count, name, LayerKind.Dense, inputs, units, blocks.Length)
                {
                    Activation = last ? Activation.None : Activation.Relu,
                    IsClassifier = last,
                });
                inputs = units;
            }
        }

        return layers.ToImmutable();
    }
}
