namespace VggCuda.Engine.Backends.Cpu;

/// <summary>How feature maps lie in memory: (image, channel block, row, column, lane), a border of zeros around each plane.</summary>
/// <remarks>
/// Rows and columns are rounded up to whole tiles and then widened by one on every side, so that the window of
/// each Winograd tile can be read without a test. Only the inside is ever written, which keeps the border zero.
/// </remarks>
internal sealed class PlaneLayout
{
    public PlaneLayout(int images, int channels, int lanes, int height, int width)
    {
        Images = images;
        Channels = channels;
        Lanes = lanes;
        Height = height;
        Width = width;
        Blocks = (channels + lanes - 1) / lanes;
        TileEdge = height <= 4 && width <= 4 ? 2 : 4;
        TileRows = (height + TileEdge - 1) / TileEdge;
        TileColumns = (width + TileEdge - 1) / TileEdge;
        RowStride = (WholeColumns + 2) * lanes;
        PlaneStride = (long)(WholeRows + 2) * RowStride;
        ImageStride = PlaneStride * Blocks;
    }

    public int Images { get; }

    /// <summary>Channels that mean something; the lanes behind them hold zeros.</summary>
    public int Channels { get; }

    public int Lanes { get; }

    public int Height { get; }

    public int Width { get; }

    public int Blocks { get; }

    /// <summary>Rows and columns of a tile: 4, on the smallest maps 2. Depends on nothing but the map's size, so that batches change no bit.</summary>
    public int TileEdge { get; }

    /// <summary>Products per tile.</summary>
    public int Products => (TileEdge + 2) * (TileEdge + 2);

    public int TileRows { get; }

    public int TileColumns { get; }

    /// <summary>Rows in whole tiles.</summary>
    public int WholeRows => TileRows * TileEdge;

    /// <summary>Columns in whole tiles.</summary>
    public int WholeColumns => TileColumns * TileEdge;

    public int Tiles => Images * TileRows * TileColumns;

    /// <summary>Floats from one row to the next.</summary>
    public int RowStride { get; }

    /// <summary>Floats from one channel block to the next.</summary>
    public long PlaneStride { get; }

    /// <summary>Floats from one image to the next.</summary>
    public long ImageStride { get; }

    public long Floats => ImageStride * Images;

    /// <summary>Masks of a map that is not pooled: one <c>ushort</c> per (image, block, row, column), rows and columns in whole tiles.</summary>
    public long ReluMasks => (long)Images * Blocks * WholeRows * WholeColumns;

    /// <summary>Masks of a pooled map: one <c>ulong</c> (4 positions of 16 lanes) per pooled value and block.</summary>
    public long PoolMasks => (long)Images * Blocks * (Height >> 1) * (Width >> 1);

    /// <summary>Where a row of a channel block begins: floats.</summary>
    public long Offset(int image, int block, int y) => (image * ImageStride) + (block * PlaneStride) + ((long)(y + 1) * RowStride) + Lanes;

    /// <summary>Where the ReLU bits of a row begin: masks.</summary>
    public long MaskOffset(int image, int block, int y) => (((((long)image * Blocks) + block) * WholeRows) + y) * WholeColumns;

    /// <summary>Where the pooling masks of a row begin, this being the pooled map: masks.</summary>
    public long PoolMaskOffset(int image, int block, int y) => (((((long)image * Blocks) + block) * Height) + y) * Width;

    /// <summary>The map after 2x2 pooling.</summary>
    public PlaneLayout Pooled => new(Images, Channels, Lanes, Height >> 1, Width >> 1);
}
