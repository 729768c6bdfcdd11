using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One direction of <see cref="NineWeights"/>: each thread transforms them, part by part, into its own memory when it comes to them.</summary>
/// <remarks>A part fills a third of the second cache, so that it is still there when the products read it.</remarks>
internal sealed unsafe class StreamedFilters : ConvolutionFilters
{
    private const int PartFloats = 128 * 16;
    private const int TileFloats = 18 * 16;
    private const int TurnedFloats = 9 * 16 * 16;
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

    /// <summary>Floats of a thread's memory for a part: products are an odd number of cache lines apart, so that those of a filter fall into different sets of the caches.</summary>
    public static long RoomFloats => TileFloats + TurnedFloats + (36 * (PartFloats + 16));

    /// <summary>Input channels of a part: a multiple of 16.</summary>
    public static int DepthFor(int lanes) => PartFloats / (2 * lanes);

    /// <summary>From the layer's inputs to its outputs.</summary>
    public static StreamedFilters Forward(NineWeights weights, LaneKernels kernels) => new(weights, kernels, weights.Inputs, weights.Outputs, backward: false);

    /// <summary>From its outputs to its inputs, filters turned by 180 degrees.</summary>
    public static StreamedFilters Backward(NineWeights weights, LaneKernels kernels) => new(weights, kernels, weights.Outputs, weights.Inputs, backward: true);

    /// <inheritdoc/>
    public override nint ProductStride(int columns) => PartFloats + 16;

    /// <inheritdoc/>
    public override float* Take(int chunk, int part, int products, float* room)
    {
        TileKernels tiles = _kernels.Tiles(products == 36 ? 4 : 2);
        float* target = room + TileFloats + TurnedFloats;
        int first = part * DepthFor(Lanes);
        int end = Math.Min(first + DepthFor(Lanes), Inputs);
        if (_backward)
        {
            Turn(chunk, first, end, tiles, target, room);
        }
        else
        {
            Transform(chunk, first, end, tiles, target, room);
        }

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
        int end = Math.Min(first + DepthFor(Lanes), Inputs);
        int firstRun = _backward ? first / (2 * Lanes) : 0;
        int runs = _backward ? ((end + (2 * Lanes) - 1) / (2 * Lanes)) - firstRun : 1;
        int rows = _backward ? ColumnsOf(chunk) * Lanes : end - first;
        int lines = 9 * rows * 2 * Lanes / 16;
        int until = (int)((long)(piece + 1) * runs * lines / pieces);
        for (int i = (int)((long)piece * runs * lines / pieces); i < until; i++)
        {
            float* run = _backward ? _weights.At(firstRun + (i / lines), 2 * chunk * Lanes) : _weights.At(chunk, first);
            Sse.Prefetch1(run + (16 * (i % lines)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transform(int chunk, int first, int end, TileKernels tiles, float* target, float* room)
    {
        int width = _weights.WidthOf(chunk);
        for (int input = first; input < end; input++)
        {
            float* weights = _weights.At(chunk, input);
            for (int column = 0; column < width; column += Lanes)
            {
                tiles.FromFilter(weights + column, width, PartFloats + 16, target + column, room);
            }

            target += width;
        }
    }

    // The layer's outputs are this direction's inputs: vectors along the one become vectors along the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Turn(int chunk, int first, int end, TileKernels tiles, float* target, float* room)
    {
        float* turned = room + TileFloats;
        int columns = ColumnsOf(chunk);
        for (int input = first; input < end; input += Lanes)
        {
            int block = input / Lanes;
            int rowWidth = _weights.WidthOf(block / 2);
            int count = Math.Min(Lanes, end - input);
            for (int column = 0; column < columns; column++)
            {
                float* weights = _weights.At(block / 2, ((2 * chunk) + column) * Lanes) + (block % 2 * Lanes);
                for (int weight = 0; weight < 9; weight++)
                {
                    Transposition.Square(weights + (weight * rowWidth), 9 * rowWidth, turned + ((8 - weight) * Lanes * Lanes), Lanes);
                }

                for (int i = 0; i < count; i++)
                {
                    tiles.FromFilter(turned + (i * Lanes), Lanes * Lanes, PartFloats + 16, target + (((i * columns) + column) * Lanes), room);
                }
            }

            target += count * columns * Lanes;
        }
    }
}
