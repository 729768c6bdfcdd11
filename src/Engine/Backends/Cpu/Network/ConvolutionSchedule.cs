namespace VggCuda.Engine.Backends.Cpu;

/// <summary>How the work of one convolution is cut up, and what memory that takes.</summary>
internal sealed class ConvolutionSchedule
{
    /// <summary>Filters of more channels than these are streamed from memory, and should be so once: such layers run by the split schedule.</summary>
    public const int FusedFilters = 256 * 256;

    // Transformed windows of a fused group: with the filters of 64 channels and the results beside them, the second cache is full.
    private const int FusedBytes = 280 << 10;

    private const int SplitTiles = 64;

    // Where a thread transforms filters for a group, it should do so for many tiles.
    private const int StreamedTiles = 160;

    // Filters of so many channels may be read by every thread, if each has tiles enough to read them for.
    private const int SharedFilters = 128 * 128;
    private const int LeastTiles = 8;

    /// <summary>Cuts it up.</summary>
    /// <param name="map">The map that windows are of.</param>
    /// <param name="inputs">Channels summed over.</param>
    /// <param name="outputs">Channels produced.</param>
    /// <param name="kernels">Kernels of the outputs' width.</param>
    /// <param name="threads">Threads that share it.</param>
    public ConvolutionSchedule(PlaneLayout map, int inputs, int outputs, LaneKernels kernels, int threads)
    {
        Tiles = map.Tiles;
        Products = map.Products;
        MaxRows = kernels.MaxRows;
        OutputLanes = kernels.Width;
        DepthBlocks = (inputs + 15) / 16;
        bool streamed = NineWeights.Serve(inputs, outputs);
        int bytesPerTile = DepthBlocks * 16 * Products * sizeof(float);
        int groupTiles = Math.Max(MaxRows, FusedBytes / bytesPerTile / MaxRows * MaxRows);
        // A thread should get several groups, so that the last one does not keep the others waiting.
        groupTiles = Math.Min(groupTiles, Math.Max(MaxRows, Tiles / (4 * threads)));
        Groups = DivideUp(Tiles, groupTiles);
        bool few = threads > 1 && Groups < 2 * threads;
        if (few && (long)inputs * outputs <= SharedFilters && Tiles >= LeastTiles * threads)
        {
            // One group for each thread.
            Groups = Math.Max(Groups, threads);
            few = false;
        }

        IsSplit = (long)inputs * outputs > FusedFilters || few;
        if (IsSplit)
        {
            Groups = DivideUp(Tiles, streamed ? StreamedTiles : SplitTiles);
            BlocksPerTask = Math.Clamp(map.Blocks * Groups / (4 * threads), 1, 8);
        }
        else
        {
            BlocksPerTask = map.Blocks;
        }

        LargestGroup = DivideUp(Tiles, Groups);
        FilterFloats = streamed ? StreamedFilters.RoomFloats : 0;
        PartBlocks = streamed ? StreamedFilters.DepthFor(kernels.Width) / 16 : DepthBlocks;
    }

    public int Tiles { get; }

    /// <summary>Products per tile.</summary>
    public int Products { get; }

    /// <summary>Groups of tiles.</summary>
    public int Groups { get; }

    /// <summary>Most tiles of a group.</summary>
    public int LargestGroup { get; }

    /// <summary>Most tiles of a block.</summary>
    public int MaxRows { get; }

    public int OutputLanes { get; }

    /// <summary>Sixteens of input channels.</summary>
    public int DepthBlocks { get; }

    /// <summary>Sixteens of input channels that are multiplied at a time.</summary>
    public int PartBlocks { get; }

    /// <summary>Parts that the input channels are cut into.</summary>
    public int Parts => DivideUp(DepthBlocks, PartBlocks);

    /// <summary>Whether all windows are transformed before any is multiplied.</summary>
    public bool IsSplit { get; }

    /// <summary>Channel blocks that a transforming task of the split schedule takes.</summary>
    public int BlocksPerTask { get; }

    /// <summary>Floats that each thread needs for filters which it transforms itself.</summary>
    public long FilterFloats { get; }

    /// <summary>Floats of a thread's results, which come first in its memory.</summary>
    public nint ResultFloats => Products * ProductStride(LargestGroup, 2);

    /// <summary>Memory that threads share, bytes.</summary>
    public long SharedBytes => IsSplit ? GroupStart(Groups) * sizeof(float) : 0;

    /// <summary>Memory that each thread needs for itself, bytes.</summary>
    public long BytesPerThread =>
        (Workspace.TileFloats + ResultFloats + FilterFloats + (IsSplit ? 0 : WindowFloats(LargestGroup))) * sizeof(float);

    /// <summary>Quotient rounded up.</summary>
    public static int DivideUp(int a, int b) => (a + b - 1) / b;

    /// <summary>Blocks of a group of tiles.</summary>
    public int BlocksOf(int tiles) => DivideUp(tiles, MaxRows);

    /// <summary>First tile of a group.</summary>
    public int FirstTile(int group) => (int)((long)group * Tiles / Groups);

    /// <summary>Where a group's transformed windows begin in the memory that threads share: floats.</summary>
    public long GroupStart(int group) => group * WindowFloats(LargestGroup);

    /// <summary>Floats between the products of a part: an odd number of cache lines, so that a tile's fall into different sets of the cache.</summary>
    /// <param name="tiles">Of the group.</param>
    public nint WindowStride(int tiles) => 16 * (((nint)PartBlocks * tiles) | 1);

    /// <summary>Floats of transformed windows of a group of tiles.</summary>
    private long WindowFloats(int tiles) => (long)Parts * Products * WindowStride(tiles);

    /// <summary>Floats between the results' products; odd likewise.</summary>
    public nint ProductStride(int tiles, int columns) => 16 * (DivideUp(tiles * columns * OutputLanes, 16) | 1);
}
