using System.Collections.Immutable;

namespace VggCuda.Engine.Model;

/// <summary>A VGG: its layer table, read off the shapes of its weights, and where the weights are.</summary>
/// <remarks>Holds no weights itself: a backend reads what a run needs when it compiles a program. Safe to share between threads and backends.</remarks>
public sealed class Network
{
    private Network(Topology topology, IWeightSource weights)
    {
        Topology = topology;
        Weights = weights;
    }

    /// <summary>The layer table.</summary>
    public Topology Topology { get; }

    /// <summary>The weights. Owned by whoever opened them; must outlive every program compiled from this network.</summary>
    public IWeightSource Weights { get; }

    /// <summary>Reads the topology off the weights' shapes.</summary>
    /// <remarks>Convolutions are told by Keras's names; all other layers must be dense, follow one another, and are the head: any number of them, under any names.</remarks>
    /// <exception cref="WeightsException">A layer is missing or extra, or a shape does not fit the network that the names tell; the message says which and what was expected.</exception>
    public static Network FromWeights(IWeightSource weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        WeightsException Wrong(string? layer, string cause) => new(weights.Name, layer, cause);

        Dictionary<string, LayerWeights> byName = [];
        foreach (LayerWeights layer in weights.Layers)
        {
            if (!byName.TryAdd(layer.Layer, layer))
            {
                throw Wrong(layer.Layer, "is there twice.");
            }
        }

        LayerWeights[] dense = FindHead();
        Architecture architecture = Architecture.Recognise(weights.Name, [.. weights.Layers.Except(dense).Select(l => l.Layer)]);
        int channels = 3;
        ImmutableArray<ImmutableArray<int>>.Builder blocks = ImmutableArray.CreateBuilder<ImmutableArray<int>>();
        for (int block = 1; block <= architecture.ConvolutionsPerBlock.Length; block++)
        {
            ImmutableArray<int>.Builder widths = ImmutableArray.CreateBuilder<int>();
            for (int i = 1; i <= architecture.ConvolutionsPerBlock[block - 1]; i++)
            {
                channels = ReadConvolution(byName[Architecture.ConvolutionName(block, i)], channels);
                widths.Add(channels);
            }

            blocks.Add(widths.ToImmutable());
        }

        return new Network(new Topology(blocks.ToImmutable(), dense.Length == 0 ? null : ReadHead(dense, channels)), weights);

        // Keras's three names in whatever order; else all dense layers in the source's, any number and names of them.
        LayerWeights[] FindHead()
        {
            LayerWeights[] found = [.. weights.Layers.Where(l => l.KernelShape.Length == 2)];
            LayerWeights[] named = [.. Head.KerasNames.Where(byName.ContainsKey).Select(name => byName[name])];
            return named.Length == Head.KerasNames.Length && (found.Length == named.Length || found[^1].Layer != Head.KerasNames[^1]) ? named
                : found.Length > 0 && found[^1] is { Layer: var last } && (last == Head.KerasNames[^1] || !Head.KerasNames.Contains(last)) ? found
                : [];
        }

        int ReadConvolution(LayerWeights layer, int inputs)
        {
            int[] shape = [.. layer.KernelShape];
            if (shape is [3, 3, 1 or 2 or 4, _] && layer.Layer == architecture.Convolutions[0])
            {
                throw Wrong(layer.Layer, $"its kernel is {Text(shape)}: it takes pictures of {shape[2]} channel{(shape[2] == 1 ? "" : "s")}, this program's have three (red, green, blue).");
            }

            if (shape.Length != 4 || shape[0] != 3 || shape[1] != 3 || shape[2] != inputs || shape[3] < 1)
            {
                bool theano = shape.Length == 4 && shape[2] == 3 && shape[3] == 3 && shape[1] == inputs;
                throw Wrong(layer.Layer, theano
                    ? $"its kernel {Text(shape)} is in Theano's order (out, in, 3, 3); this reader takes TensorFlow's (3, 3, in, out). Convert the file with Keras, or use the file named '..._tf_dim_ordering_tf_kernels'."
                    : $"its kernel is {Text(shape)}, {architecture.Name} needs (3, 3, {inputs}, any).");
            }

            return CheckBias(layer, shape[3]);
        }

        int CheckBias(LayerWeights layer, int outputs) => layer.BiasLength == outputs
            ? outputs
            : throw Wrong(layer.Layer, $"has {layer.BiasLength} biases for {outputs} outputs.");

        Head ReadHead(LayerWeights[] layers, int pooled)
        {
            int[] units = new int[layers.Length];
            for (int i = 0; i < layers.Length; i++)
            {
                units[i] = ReadDense(layers[i], i == 0 ? null : units[i - 1]);
            }

            int rows = layers[0].KernelShape[0];
            int grid = (int)Math.Round(Math.Sqrt((double)rows / pooled));
            return grid < 1 || (long)grid * grid * pooled != rows
                ? throw Wrong(layers[0].Layer, $"its kernel has {rows} rows, which is no square grid of the last pooling's {pooled} channels.")
                : new Head(grid, [.. layers.Select((layer, i) => (layer.Layer, units[i]))]);
        }

        int ReadDense(LayerWeights layer, int? inputs)
        {
            int[] shape = [.. layer.KernelShape];
            return shape.Length != 2 || shape[0] < 1 || shape[1] < 1 || (inputs is int expected && shape[0] != expected)
                ? throw Wrong(layer.Layer, $"its kernel is {Text(shape)}, expected ({(inputs is int n ? n : "any")}, any).")
                : CheckBias(layer, shape[1]);
        }
    }

    private static string Text(int[] shape) => $"({string.Join(", ", shape)})";
}
