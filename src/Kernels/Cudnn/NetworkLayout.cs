using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A layer as it is computed: sizes of its input, channels as stored.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Height">Rows of the input; 1 for dense layers.</param>
/// <param name="Width">Columns of the input; 1 for dense layers.</param>
/// <param name="Inputs">Channels or values in, as stored.</param>
/// <param name="Outputs">Channels or values out, as stored.</param>
/// <param name="Slice">The outputs that are computed, in order, or null for all.</param>
/// <param name="Relu">Whether a ReLU follows.</param>
/// <param name="Positions">Of the weights: 9 for a convolution, the cells of the grid for the dense layer behind the poolings, else 1.</param>
internal sealed record Node(Layer Layer, int Height, int Width, int Inputs, int Outputs, int[]? Slice, bool Relu, int Positions)
{
    /// <summary>Rows of the output.</summary>
    public int OutputHeight => Layer.Kind == LayerKind.MaxPool ? Height / 2 : Height;

    /// <summary>Columns of the output.</summary>
    public int OutputWidth => Layer.Kind == LayerKind.MaxPool ? Width / 2 : Width;

    /// <summary>Outputs that are computed, without padding.</summary>
    public int ComputedOutputs => Slice?.Length ?? Layer.Outputs;

    /// <summary>Elements of one image's input.</summary>
    public long InputCount => (long)Height * Width * Inputs;

    /// <summary>Elements of one image's output.</summary>
    public long OutputCount => (long)OutputHeight * OutputWidth * Outputs;
}

/// <summary>What a spec makes of a network: the layers up to the tap, and nothing that the tap does not need.</summary>
/// <remarks>
/// Channels are stored in multiples of 8, as tensor cores and 16-byte loads want them; what pads is zero. Of the last layer
/// with weights only the union of the wanted channels is computed, where that is less, and of a pooling behind it the same.
/// </remarks>
internal sealed class NetworkLayout
{
    private NetworkLayout(ProgramSpec spec, List<Node> nodes, int[]? union)
    {
        Spec = spec;
        Nodes = nodes;
        Union = union;
    }

    /// <summary>What it was made for.</summary>
    public ProgramSpec Spec { get; }

    /// <summary>Layers in order, the tap last; flatten is none, since its values lie in order already.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The tap.</summary>
    public Node Tap => Nodes[^1];

    /// <summary>The channels of the tap that are computed, or null for all.</summary>
    public int[]? Union { get; }

    /// <summary>Whether the tap is the softmax of the last layer.</summary>
    public bool IsSoftmax => Spec.HasSoftmax(Spec.Last);

    /// <summary>Whether the gradient at the tap passes a ReLU right away: its own, or that before its pooling.</summary>
    public bool IsTapMasked => Tap.Relu || Tap.Layer.Kind == LayerKind.MaxPool;

    /// <summary>Lays a spec out; it must have been validated.</summary>
    public static NetworkLayout Of(Topology topology, ProgramSpec spec)
    {
        int[]? union = spec.HasSoftmax(spec.Last) ? null : UnionOf(spec);
        Layer sliced = spec.Last.Kind == LayerKind.MaxPool ? topology.Layers[spec.Last.Index - 1] : spec.Last;
        List<Node> nodes = [];
        int height = spec.Height;
        int width = spec.Width;
        int stored = 8;
        int positions = 1;
        foreach (Layer layer in topology.Layers.Take(spec.Last.Index + 1))
        {
            int[]? slice = union is not null && layer.Index >= sliced.Index ? union : null;
            int outputs = Elements.Pad(slice?.Length ?? layer.Outputs);
            switch (layer.Kind)
            {
                case LayerKind.Convolution:
                    nodes.Add(new Node(layer, height, width, stored, outputs, slice, spec.HasRelu(layer), 9));
                    break;
                case LayerKind.MaxPool:
                    nodes.Add(new Node(layer, height, width, stored, stored, slice, false, 1));
                    height /= 2;
                    width /= 2;
                    outputs = stored;
                    break;
                case LayerKind.Flatten:
                    positions = height * width;
                    outputs = checked(positions * stored);
                    height = 1;
                    width = 1;
                    break;
                case LayerKind.Dense:
                    nodes.Add(new Node(layer, 1, 1, stored, outputs, slice, spec.HasRelu(layer), positions));
                    positions = 1;
                    break;
                default:
                    outputs = stored;
                    break;
            }

            stored = outputs;
        }

        return new NetworkLayout(spec, nodes, union);
    }

    /// <summary>Tables that lead from wanted channels to stored ones and back.</summary>
    /// <param name="stored">Channels per image of the table <c>First</c>.</param>
    /// <returns>Index (N, wanted): where a wanted channel is stored, or -1. First (N, stored): the first wanted k stored there, or -1. Next (N, wanted): the next k at the same place, or -1.</returns>
    public (int[] Index, int[] First, int[] Next) TapTables(int stored)
    {
        int wanted = Spec.Taps[0].ChannelCount;
        int[] index = new int[Spec.Batch * wanted];
        int[] first = new int[Spec.Batch * stored];
        int[] next = new int[Spec.Batch * wanted];
        Array.Fill(first, -1);
        Array.Fill(next, -1);
        for (int n = 0; n < Spec.Batch; n++)
        {
            // From the last to the first, so that the lists run upwards and sums have one order.
            for (int k = wanted - 1; k >= 0; k--)
            {
                int channel = Spec.Taps[0].Channels.IsDefaultOrEmpty ? k : Spec.Taps[0].Channels[n][k];
                int place = channel < 0 || Union is null ? channel : Array.BinarySearch(Union, channel);
                index[(n * wanted) + k] = place;
                if (place >= 0)
                {
                    next[(n * wanted) + k] = first[(n * stored) + place];
                    first[(n * stored) + place] = k;
                }
            }
        }

        return (index, first, next);
    }

    /// <summary>The forward request of a convolution.</summary>
    public ConvolutionRequest Forward(Node node) =>
        new(false, Spec.Batch, node.Height, node.Width, node.Inputs, node.Outputs, Spec.Precision, node.Relu);

    /// <summary>The backward request of a convolution; all but the first pass the ReLU before them.</summary>
    public ConvolutionRequest Backward(Node node) =>
        new(true, Spec.Batch, node.Height, node.Width, node.Inputs, node.Outputs, Spec.Precision, node != Nodes[0]);

    private static int[]? UnionOf(ProgramSpec spec)
    {
        if (spec.Taps[0].Channels.IsDefaultOrEmpty)
        {
            return null;
        }

        int[] union = [.. spec.Taps[0].Channels.SelectMany(c => c).Where(c => c >= 0).Distinct().Order()];
        union = union.Length == 0 ? [0] : union;
        return Elements.Pad(union.Length) < Elements.Pad(spec.Taps[0].Layer.Outputs) ? union : null;
    }
}
