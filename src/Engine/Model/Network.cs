using System.Collections.Immutable;

namespace VggCuda.Engine.Model;

/// <summary>A VGG16: its layer table, read off the shapes of its weights, and where the weights are.</summary>
/// <remarks>Holds no weights itself: a backend reads what a run needs when it compiles a program. Safe to share between threads and backends.</remarks>
public sealed class Network
{
    private static readonly string[] TopNames = ["fc1", "fc2", "predictions"];

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
    /// <exception cref="WeightsException">A layer is missing or extra, or a shape does not fit VGG16; the message says which and what was expected.</exception>
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

        ImmutableArray<int>.Builder widths = ImmutableArray.CreateBuilder<int>(13);
        int channels = 3;
        for (int block = 1; block <= 5; block++)
        {
            for (int i = 1; i <= Topology.ConvolutionsPerBlock[block - 1]; i++)
            {
                string name = $"block{block}_conv{i}";
                LayerWeights layer = Take(name);
                int[] shape = [.. layer.KernelShape];
                if (shape.Length != 4 || shape[0] != 3 || shape[1] != 3 || shape[2] != channels || shape[3] < 1)
                {
                    bool theano = shape.Length == 4 && shape[2] == 3 && shape[3] == 3 && shape[1] == channels;
                    throw Wrong(name, theano
                        ? $"its kernel {Text(shape)} is in Theano's order (out, in, 3, 3); this reader takes TensorFlow's (3, 3, in, out). Convert the file with Keras, or use the file named '..._tf_dim_ordering_tf_kernels'."
                        : $"its kernel is {Text(shape)}, VGG16 needs (3, 3, {channels}, any).");
                }

                channels = CheckBias(layer, shape[3]);
                widths.Add(channels);
            }
        }

        int present = TopNames.Count(byName.ContainsKey);
        Vgg16Top? top = null;
        if (present > 0)
        {
            top = ReadTop(Take("fc1"), Take("fc2"), Take("predictions"), channels);
        }

        if (byName.Count > 0)
        {
            throw Wrong(byName.Keys.First(), "is no layer of VGG16; is this another network?");
        }

        return new Network(new Topology(widths.MoveToImmutable(), top), weights);

        LayerWeights Take(string name)
        {
            if (byName.Remove(name, out LayerWeights? layer))
            {
                return layer;
            }

            string found = string.Join(", ", weights.Layers.Take(6).Select(l => l.Layer));
            throw Wrong(name, $"is missing; a VGG16 has it. Found: {(found.Length == 0 ? "no layer with weights" : found)}{(weights.Layers.Count > 6 ? ", ..." : "")}.");
        }

        int CheckBias(LayerWeights layer, int outputs) => layer.BiasLength == outputs
            ? outputs
            : throw Wrong(layer.Layer, $"has {layer.BiasLength} biases for {outputs} outputs.");

        Vgg16Top ReadTop(LayerWeights fc1, LayerWeights fc2, LayerWeights predictions, int pooled)
        {
            int rows = CheckDense(fc1, null);
            int grid = (int)Math.Round(Math.Sqrt((double)rows / pooled));
            if (grid < 1 || (long)grid * grid * pooled != rows)
            {
                throw Wrong("fc1", $"its kernel has {rows} rows, which is no square grid of block5_pool's {pooled} channels.");
            }

            CheckDense(fc2, fc1.KernelShape[1]);
            CheckDense(predictions, fc2.KernelShape[1]);
            return new Vgg16Top(grid, fc1.KernelShape[1], fc2.KernelShape[1], predictions.KernelShape[1]);
        }

        int CheckDense(LayerWeights layer, int? inputs)
        {
            int[] shape = [.. layer.KernelShape];
            if (shape.Length != 2 || shape[0] < 1 || shape[1] < 1 || (inputs is int expected && shape[0] != expected))
            {
                throw Wrong(layer.Layer, $"its kernel is {Text(shape)}, expected ({(inputs is int n ? n : "any")}, any).");
            }

            CheckBias(layer, shape[1]);
            return shape[0];
        }
    }

    private static string Text(int[] shape) => $"({string.Join(", ", shape)})";
}
