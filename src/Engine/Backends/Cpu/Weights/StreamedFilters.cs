using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One direction of <see cref="NineWeights"/>: each thread transforms them, part by part and line by line, into its own memory when it comes to them.</summary>
/// <remarks>A line of six products is a tenth of the second cache, so that it is still there when the products read it, and few enough places are written at a time.</remarks>
internal sealed unsafe class StreamedFilters : ConvolutionFilters
{
    private const int PartFloats = 128 * 32;
    private const int Weights = 9;
    private const int LongestLine = 6;
    private readonly NineWeights _weights;
    private readonly LaneKernels _kernels;
    private readonly bool _backward;

    private StreamedFilters(NineWeights weights, LaneKernels kernels, int inputs, int outputs, bool backward)
        : base(inputs, outputs, weights.Lanes)
    {
        _weights = weights;
        _kernels = kernels;
        _backward = backward;
    }

    /// <summary>Floats of a thread's memory: a part's weights, and a line of its products, which are an odd number of cache lines apart, so that those of a filter fall into different sets of the caches.</summary>
    public static long RoomFloats => (Weights * PartFloats) + (LongestLine * (PartFloats + 16));

    /// <summary>Input channels of a part: a multiple of 16.</summary>
    public static int DepthFor(int lanes) => PartFloats / (2 * lanes);

    /// <summary>From the layer's inputs to its outputs.</summary>
    public static StreamedFilters Forward(NineWeights weights, LaneKernels kernels) => new(weights, kernels, weights.Inputs, weights.Outputs, backward: false);

    /// <summary>From its outputs to its inputs, filters turned by 180 degrees.</summary>
    public static StreamedFilters Backward(NineWeights weights, LaneKernels kernels) => new(weights, kernels, weights.Outputs, weights.Inputs, backward: true);

    /// <inheritdoc/>
    public override nint ProductStride(int columns) => PartFloats + 16;

    /// <inheritdoc/>
    public override int AtOnce(int products) => LineOf(products);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Begin(int chunk, int part, float* room)
    {
        if (!_backward)
        {
            return;
        }

        // The layer's outputs are this direction's inputs: vectors along the one become vectors along the other.
        int first = part * DepthFor(Lanes);
        int columns = ColumnsOf(chunk);
        int width = columns * Lanes;
        for (int input = first; input < EndOf(part); input += Lanes)
        {
            int block = input / Lanes;
            int rowWidth = _weights.WidthOf(block / 2);
            float* target = room + ((nint)Weights * (input - first) * width);
            for (int column = 0; column < columns; column++)
            {
                float* weights = _weights.At(block / 2, ((2 * chunk) + column) * Lanes) + (block % 2 * Lanes);
                for (int weight = 0; weight < Weights; weight++)
                {
                    Transposition.Square(weights + (weight * rowWidth), Weights * rowWidth, target + ((Weights - 1 - weight) * width) + (column * Lanes), Weights * width, Lanes);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override float* Take(int chunk, int part, int product, int products, float* room)
    {
        int line = LineOf(products);
        int first = part * DepthFor(Lanes);
        int columns = ColumnsOf(chunk);
        int width = columns * Lanes;
        float* target = room + (Weights * PartFloats);
        FilterRun run = new(EndOf(part) - first, columns, width, Weights * width, ProductStride(columns), width);
        _kernels.Tiles(products == 36 ? 4 : 2).FilterLine(product / line, _backward ? room : _weights.At(chunk, first), target, run);
        return target;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AskFor(int chunk, int part, int piece, int pieces)
    {
        if (!Sse.IsSupported || chunk >= Chunks)
        {
            return;
        }

        // Forwards the weights of a part lie together. Backwards they lie in one run for each chunk of the layer's outputs.
        int first = part * DepthFor(Lanes);
        int end = EndOf(part);
        int firstRun = _backward ? first / (2 * Lanes) : 0;
        int runs = _backward ? ((end + (2 * Lanes) - 1) / (2 * Lanes)) - firstRun : 1;
        int rows = _backward ? ColumnsOf(chunk) * Lanes : end - first;
        int lines = Weights * rows * 2 * Lanes / 16;
        int line = (int)((long)piece * runs * lines / pieces);
        int left = (int)((long)(piece + 1) * runs * lines / pieces) - line;
        int run = line / lines;
        line -= run * lines;
        while (left > 0)
        {
            int until = Math.Min(line + left, lines);
            float* weights = _backward ? _weights.At(firstRun + run, 2 * chunk * Lanes) : _weights.At(chunk, first);
            left -= until - line;
            for (; line < until; line++)
            {
                Sse.Prefetch1(weights + (16 * line));
            }

            line = 0;
            run++;
        }
    }

    private static int LineOf(int products) => products == 36 ? LongestLine : 4;

    private int EndOf(int part) => Math.Min((part + 1) * DepthFor(Lanes), Inputs);
}
