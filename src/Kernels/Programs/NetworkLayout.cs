using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Programs;

/// <summary>A layer as it is computed: sizes of its input, channels as stored.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Height">Rows of the input; 1 for dense layers.</param>
/// <param name="Width">Columns of the input; 1 for dense layers.</param>
/// <param name="Inputs">Channels or values in, as stored.</param>
/// <param name="Outputs">Channels or values out, as stored.</param>
/// <param name="Slice">The outputs that are computed, in order, or null for all.</param>
/// <param name="Relu">Whether a ReLU follows.</param>
/// <param name="Positions">Of the weights: 9 for a convolution, the cells of the grid for the dense layer behind the poolings, else 1.</param>
/// <param name="KeepsBefore">Whether a tap wants what goes into the ReLU, which is a kernel of its own then.</param>
internal sealed record Node(Layer Layer, int Height, int Width, int Inputs, int Outputs, int[]? Slice, bool Relu, int Positions, bool KeepsBefore)
{
    /// <summary>Whether the layer computes its ReLU along with itself.</summary>
    public bool FusesRelu => Relu && !KeepsBefore;

    /// <summary>Positions of the output.</summary>
    public int OutputPositions => OutputHeight * OutputWidth;

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

/// <summary>What a spec makes of a network: the layers up to the highest tap, nothing that the taps do not need, and what happens at each layer's output on the way back.</summary>
/// <remarks>
/// <para>Channels are stored in multiples of 8, as tensor cores and 16-byte loads want them; what pads is zero. Of the last layer
/// with weights only the union of the wanted channels is computed, where that is less, and of a pooling behind it the same.</para>
/// <para>A program of one tap whose gradient is given and not read, with the derivative of each ReLU in every step, is <see cref="IsSimple"/>: every mask is then part of
/// an operation that is done anyway. Otherwise gradients meet at the tapped layers' outputs, and there, or everywhere for another rule, the ReLU
/// is a kernel of its own on the way back.</para>
/// </remarks>
internal sealed class NetworkLayout
{
    private NetworkLayout(ProgramSpec spec, List<Node> nodes, int[]? union, bool isInt8)
    {
        IsInt8 = isInt8;
        Spec = spec;
        Nodes = nodes;
        Union = union;
    }

    /// <summary>What it was made for.</summary>
    public ProgramSpec Spec { get; }

    /// <summary>Whether dense weights are stored in a byte each.</summary>
    public bool IsInt8 { get; }

    /// <summary>Layers in order, the tap last; flatten is none, since its values lie in order already.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    /// <summary>The highest layer that is computed.</summary>
    public Node Top => Nodes[^1];

    /// <summary>The channels of the highest layer that are computed, or null for all.</summary>
    public int[]? Union { get; }

    /// <summary>Whether the highest layer ends in a softmax.</summary>
    public bool IsSoftmax => Spec.HasSoftmax(Spec.Last);

    /// <summary>Whether one tap's gradient goes in at the top and all else is carried along.</summary>
    public bool IsSimple => Spec is { Taps.Length: 1, Relu: ReluRule.Plain, RescuedSteps: 0 } && !Spec.Taps[0].WantsGradient;

    /// <summary>Lays a spec out; it must have been validated.</summary>
    public static NetworkLayout Of(Topology topology, ProgramSpec spec, bool isInt8 = false)
    {
        Layer sliced = spec.Last.Kind == LayerKind.MaxPool ? topology.Layers[spec.Last.Index - 1] : spec.Last;
        int[]? union = spec.HasSoftmax(spec.Last) ? null : UnionOf(spec, sliced);
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
                    nodes.Add(new Node(layer, height, width, stored, outputs, slice, spec.HasRelu(layer), 9, KeepsBefore(spec, layer)));
                    break;
                case LayerKind.MaxPool:
                    nodes.Add(new Node(layer, height, width, stored, stored, slice, false, 1, false));
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
                    nodes.Add(new Node(layer, 1, 1, stored, outputs, slice, spec.HasRelu(layer), positions, KeepsBefore(spec, layer)));
                    positions = 1;
                    break;
                default:
                    outputs = stored;
                    break;
            }

            stored = outputs;
        }

        return new NetworkLayout(spec, nodes, union, isInt8);
    }

    /// <summary>The place of a layer in <see cref="Nodes"/>.</summary>
    public int NodeOf(Layer layer)
    {
        int node = 0;
        while (Nodes[node].Layer != layer)
        {
            node++;
        }

        return node;
    }

    /// <summary>The taps at a node and point, by their places in the spec; a pooling's two points are one.</summary>
    public int[] TapsAt(int node, TapPoint point) =>
        [.. Enumerable.Range(0, Spec.Taps.Length).Where(t => Spec.Taps[t].Layer == Nodes[node].Layer && Spec.Taps[t].Point == point)];

    /// <summary>Whether gradients are given or read at a node's output.</summary>
    public bool IsMet(int node) => !IsSimple && Spec.Taps.Any(t => t.Layer == Nodes[node].Layer);

    /// <summary>Whether the gradient passes a ReLU at a node's output: its own; or, behind a pooling, that before it, since a pooled value is 0 exactly where its winner was, and the others get no gradient.</summary>
    public bool PassesRelu(int node) => Nodes[node].Layer.Kind == LayerKind.MaxPool
        ? Nodes[node - 1].Relu && !IsMet(node - 1)
        : Nodes[node].Relu && (IsMet(node) || node + 1 == Nodes.Count || Nodes[node + 1].Layer.Kind != LayerKind.MaxPool);

    /// <summary>Whether what comes next on the way there takes that ReLU along on the way back.</summary>
    public bool FusesMask(int node) => PassesRelu(node) && Spec is { Relu: ReluRule.Plain, RescuedSteps: 0 } && !IsMet(node);

    /// <summary>Whether a node's output is asked for on the way back: as the ReLU's mask.</summary>
    public bool IsMask(int node) => PassesRelu(node) && Spec.Relu != ReluRule.Deconvnet;

    /// <summary>Channels per image of what a tap's gradient goes into: stored ones, and all classes where a softmax's single gradient goes straight to its kernel.</summary>
    public int StoredAt(int tap) =>
        IsSoftmax && IsSimple ? Top.Layer.Outputs : Nodes[NodeOf(Spec.Taps[tap].Layer)].Outputs;

    /// <summary>Tables that lead from a tap's wanted channels to stored ones and back.</summary>
    /// <param name="tap">Its place in the spec.</param>
    /// <returns>Index (N, wanted): where a wanted channel is stored, or -1. First (N, stored): the first wanted k stored there, or -1. Next (N, wanted): the next k at the same place, or -1.</returns>
    public (int[] Index, int[] First, int[] Next) TapTables(int tap)
    {
        TapSpec spec = Spec.Taps[tap];
        int[]? union = Nodes[NodeOf(spec.Layer)].Slice;
        int stored = StoredAt(tap);
        int wanted = spec.ChannelCount;
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
                int channel = spec.Channels.IsDefaultOrEmpty ? k : spec.Channels[n][k];
                int place = channel < 0 || union is null ? channel : Array.BinarySearch(union, channel);
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

    /// <summary>The same tables for a list that names every class once, in the order of the stored channels.</summary>
    public (int[] Index, int[] First, int[] Next) EveryClass()
    {
        int classes = Top.Layer.Outputs;
        return ([], [.. Enumerable.Range(0, Spec.Batch * classes).Select(i => i % classes)], [.. Enumerable.Repeat(-1, Spec.Batch * Top.Outputs)]);
    }

    /// <summary>Bytes of all these tables.</summary>
    public long TableBytes => sizeof(int) * (Enumerable.Range(0, Spec.Taps.Length).Sum(t => Spec.Batch * ((2L * Spec.Taps[t].ChannelCount) + StoredAt(t)))
        + (IsSoftmax && !IsSimple ? Spec.Batch * ((long)Top.Layer.Outputs + Top.Outputs) : 0));

    /// <summary>The forward request of a convolution.</summary>
    public ConvolutionRequest Forward(Node node) =>
        new(false, Spec.Batch, node.Height, node.Width, node.Inputs, node.Outputs, Spec.Precision, node.FusesRelu);

    /// <summary>The backward request of a convolution, with the mask of the ReLU before it where it takes that along.</summary>
    public ConvolutionRequest Backward(Node node) =>
        new(true, Spec.Batch, node.Height, node.Width, node.Inputs, node.Outputs, Spec.Precision, TakesMask(node));

    /// <summary>Whether a node's way back ends in the mask of the ReLU before it.</summary>
    public bool TakesMask(Node node)
    {
        int place = NodeOf(node.Layer);
        return place > 0 && FusesMask(place - 1);
    }

    private static bool KeepsBefore(ProgramSpec spec, Layer layer) => spec.HasRelu(layer) && spec.IsTapped(layer, TapPoint.BeforeActivation);

    // Of the taps at the highest layer, and at the one before it where that is a pooling.
    private static int[]? UnionOf(ProgramSpec spec, Layer sliced)
    {
        TapSpec[] taps = [.. spec.Taps.Where(t => t.Layer.Index >= sliced.Index)];
        if (taps.Any(t => t.Channels.IsDefaultOrEmpty))
        {
            return null;
        }

        int[] union = [.. taps.SelectMany(t => t.Channels).SelectMany(c => c).Where(c => c >= 0).Distinct().Order()];
        union = union.Length == 0 ? [0] : union;
        return Elements.Pad(union.Length) < Elements.Pad(spec.Last.Outputs) ? union : null;
    }
}
