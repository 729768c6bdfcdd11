using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Where a convolution's windows come from: a map, or a pooled gradient spread by its masks.</summary>
internal sealed unsafe class ConvolutionSource
{
    private readonly TileKernels _tiles;
    private readonly float* _data;
    private readonly PlaneLayout? _pooled;
    private readonly ulong* _masks;

    /// <summary>A map.</summary>
    public ConvolutionSource(LaneKernels kernels, PlaneLayout map, float* data)
    {
        _tiles = kernels.Tiles(map.TileEdge);
        Map = map;
        _data = data;
    }

    /// <summary>The gradient before a pooling, read from the one behind it: the spread map is never written.</summary>
    /// <param name="kernels">Kernels of the map's width.</param>
    /// <param name="map">The map before pooling.</param>
    /// <param name="data">The pooled gradient.</param>
    /// <param name="masks">Where each maximum was.</param>
    public ConvolutionSource(LaneKernels kernels, PlaneLayout map, float* data, ulong* masks)
        : this(kernels, map, data)
    {
        _pooled = map.Pooled;
        _masks = masks;
    }

    /// <summary>The map that the windows are of.</summary>
    public PlaneLayout Map { get; }

    /// <summary>Transforms one channel block of consecutive tiles.</summary>
    /// <param name="channelBlock">The block.</param>
    /// <param name="firstTile">Number of the first tile in the batch.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="target">Product 0 of the first tile; the next tile's is 16 floats on.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="scratch">Room for a window.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transform(int channelBlock, int firstTile, int count, float* target, nint productStride, float* scratch)
    {
        int perImage = Map.TileRows * Map.TileColumns;
        int image = firstTile / perImage;
        int row = firstTile % perImage / Map.TileColumns;
        int column = firstTile % Map.TileColumns;
        for (int i = 0; i < count; i++)
        {
            if (_pooled is null)
            {
                float* window = _data + (image * Map.ImageStride) + (channelBlock * Map.PlaneStride) + ((nint)(Map.TileEdge * row) * Map.RowStride) + (Map.TileEdge * column * Map.Lanes);
                _tiles.FromMap(window, Map.RowStride, target, productStride);
            }
            else
            {
                float* plane = _data + (image * _pooled.ImageStride) + (channelBlock * _pooled.PlaneStride) + _pooled.RowStride + _pooled.Lanes;
                ulong* masks = _masks + ((((long)image * _pooled.Blocks) + channelBlock) * _pooled.Height * _pooled.Width);
                _tiles.FromPooled(plane, _pooled.RowStride, masks, _pooled.Height, _pooled.Width, row, column, target, productStride, scratch);
            }

            target += 16;
            if (++column == Map.TileColumns)
            {
                column = 0;
                if (++row == Map.TileRows)
                {
                    row = 0;
                    image++;
                }
            }
        }
    }
}
