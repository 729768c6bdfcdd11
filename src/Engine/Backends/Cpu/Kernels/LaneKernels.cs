using System.Runtime.Intrinsics;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The compiled kernels for one vector width, called through pointers so that what drives them need not be generic.</summary>
internal sealed unsafe class LaneKernels
{
    private readonly delegate*<float*, float*, float*, int, int, int, nint, bool, void>[] _gemm;
    private readonly delegate*<float*, float*, float*, int, int, int, nint, bool, void>[] _gemmFar;
    private readonly delegate*<float*, float*, float*, int, int, int, nint, bool, void>[] _gemmOverPixels;

    private LaneKernels(
        int width,
        int maxRows,
        Func<int, int, nint> gemm,
        Func<int, int, nint> gemmFar,
        Func<int, int, nint> gemmOverPixels)
    {
        Width = width;
        MaxRows = maxRows;
        _gemm = new delegate*<float*, float*, float*, int, int, int, nint, bool, void>[2 * (maxRows + 1)];
        _gemmFar = new delegate*<float*, float*, float*, int, int, int, nint, bool, void>[2 * (maxRows + 1)];
        _gemmOverPixels = new delegate*<float*, float*, float*, int, int, int, nint, bool, void>[2 * (maxRows + 1)];
        for (int columns = 1; columns <= 2; columns++)
        {
            for (int rows = 1; rows <= maxRows; rows++)
            {
                int index = ((columns - 1) * (maxRows + 1)) + rows;
                _gemm[index] = (delegate*<float*, float*, float*, int, int, int, nint, bool, void>)gemm(columns, rows);
                _gemmFar[index] = (delegate*<float*, float*, float*, int, int, int, nint, bool, void>)gemmFar(columns, rows);
                _gemmOverPixels[index] = (delegate*<float*, float*, float*, int, int, int, nint, bool, void>)gemmOverPixels(columns, rows);
            }
        }
    }

    /// <summary>Floats per vector.</summary>
    public int Width { get; }

    /// <summary>Most rows of a matrix kernel.</summary>
    public int MaxRows { get; }

    public required TileKernels LargeTiles { get; init; }

    public required TileKernels SmallTiles { get; init; }

    public required delegate*<float*, float*, bool, float*, int, int, int, ushort*, int, void> BiasRelu { get; init; }

    public required delegate*<float*, float*, float*, int, int, int, ulong*, int, void> BiasReluPool { get; init; }

    public required delegate*<float*, float*, int, int, int, ushort*, int, void> Masked { get; init; }

    public required delegate*<float*, nint, float*, bool, float*, int, ushort*, int, void> WholeBiasRelu { get; init; }

    public required delegate*<float*, nint, float*, float*, int, ulong*, int, float*, void> WholeBiasReluPool { get; init; }

    public required delegate*<float*, nint, float*, int, ushort*, int, float*, void> WholeMasked { get; init; }

    public required delegate*<float*, float*, bool, float*, int, ushort*, void> PixelsBiasRelu { get; init; }

    public required delegate*<float*, nint, nint, int, float*, float*, int, void> ImageGradient { get; init; }

    public required delegate*<float*, int, ushort*, void> PositiveBits { get; init; }

    public required delegate*<float*, int, void> Relu { get; init; }

    public required delegate*<float*, int, ushort*, void> Mask { get; init; }

    public required delegate*<float*, float*, float*, int, ulong*, void> Pool { get; init; }

    public required delegate*<float*, ulong*, int, float*, float*, void> Unpool { get; init; }

    public required delegate*<float*, int, float, float*, int, void> AddPixels { get; init; }

    public required delegate*<float*, int, float**, int, float**, int, float**, void> DenseForward { get; init; }

    public required delegate*<float**, float**, int, int, float*, float**, void> DenseBackward { get; init; }

    public required delegate*<float*, float> DenseSum { get; init; }

    /// <summary>Matrix kernel over tiles: 16 floats between rows of A.</summary>
    /// <param name="columns">Vectors, 1 or 2.</param>
    /// <param name="rows">Tiles.</param>
    /// <param name="far">Whether other threads have written A.</param>
    public delegate*<float*, float*, float*, int, int, int, nint, bool, void> Gemm(int columns, int rows, bool far)
    {
        int index = ((columns - 1) * (MaxRows + 1)) + rows;
        return far ? _gemmFar[index] : _gemm[index];
    }

    /// <summary>The transforms of tiles of an edge, 4 or 2.</summary>
    public TileKernels Tiles(int edge) => edge == 4 ? LargeTiles : SmallTiles;

    /// <summary>Matrix kernel over the pixels of an image: 3 floats between rows of A.</summary>
    public delegate*<float*, float*, float*, int, int, int, nint, bool, void> GemmOverPixels(int columns, int rows) => _gemmOverPixels[((columns - 1) * (MaxRows + 1)) + rows];

    /// <summary>The kernels for maps of a number of channels: half as wide where that holds them all.</summary>
    public static LaneKernels For(SimdLevel level, int channels) => level switch
    {
        SimdLevel.Avx512 => channels <= 8 ? Narrow : Wide,
        SimdLevel.Avx2 => Narrow,
        _ => Portable,
    };

    private static LaneKernels Wide => field ??= Create<Lanes512, Vector512<float>>();

    private static LaneKernels Narrow => field ??= Create<Lanes256, Vector256<float>>();

    private static LaneKernels Portable => field ??= Create<Lanes128, Vector128<float>>();

    private static LaneKernels Create<TLanes, TVector>()
        where TLanes : ILanes<TVector>
        where TVector : struct
        => new(
            TLanes.Width,
            TLanes.MaxRows,
            (columns, rows) => (nint)GemmKernels<TLanes, TVector, N16>.For(columns, rows),
            (columns, rows) => (nint)GemmKernels<TLanes, TVector, Far16>.For(columns, rows),
            (columns, rows) => (nint)GemmKernels<TLanes, TVector, N3>.For(columns, rows))
        {
            LargeTiles = new TileKernels
            {
                FromMap = &InputTransform<TLanes, TVector>.FromMap,
                FromPooled = &InputTransform<TLanes, TVector>.FromPooled,
                ToTile = &OutputTransform<TLanes, TVector>.Transform,
                FilterLine = &FilterTransform<TLanes, TVector>.Line,
            },
            SmallTiles = new TileKernels
            {
                FromMap = &Cpu.SmallTiles<TLanes, TVector>.FromMap,
                FromPooled = &Cpu.SmallTiles<TLanes, TVector>.FromPooled,
                ToTile = &Cpu.SmallTiles<TLanes, TVector>.ToTile,
                FilterLine = &Cpu.SmallTiles<TLanes, TVector>.FilterLine,
            },
            BiasRelu = &OutputTransform<TLanes, TVector>.BiasRelu,
            BiasReluPool = &OutputTransform<TLanes, TVector>.BiasReluPool,
            Masked = &OutputTransform<TLanes, TVector>.Masked,
            WholeBiasRelu = &OutputTransform<TLanes, TVector>.WholeBiasRelu,
            WholeBiasReluPool = &OutputTransform<TLanes, TVector>.WholeBiasReluPool,
            WholeMasked = &OutputTransform<TLanes, TVector>.WholeMasked,
            PixelsBiasRelu = &FirstLayerKernels<TLanes, TVector>.BiasRelu,
            ImageGradient = &FirstLayerKernels<TLanes, TVector>.ImageGradient,
            PositiveBits = &MapKernels<TLanes, TVector>.PositiveBits,
            Relu = &MapKernels<TLanes, TVector>.Relu,
            Mask = &MapKernels<TLanes, TVector>.Mask,
            Pool = &MapKernels<TLanes, TVector>.Pool,
            Unpool = &MapKernels<TLanes, TVector>.Unpool,
            AddPixels = &MapKernels<TLanes, TVector>.AddPixels,
            DenseForward = &DenseKernels<TLanes, TVector>.Forward,
            DenseBackward = &DenseKernels<TLanes, TVector>.Backward,
            DenseSum = &DenseKernels<TLanes, TVector>.Sum,
        };
}
