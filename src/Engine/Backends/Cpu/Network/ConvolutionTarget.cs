using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>What happens to a convolution's result.</summary>
internal enum Epilogue
{
    /// <summary>Bias only: a tap before its activation.</summary>
    Bias,

    /// <summary>Bias and ReLU, one bit per value.</summary>
    BiasRelu,

    /// <summary>Bias, ReLU and 2x2 pooling; only the pooled map is written.</summary>
    BiasReluPool,

    /// <summary>A gradient, where the bits of the layer that it arrives at allow it.</summary>
    Masked,
}

/// <summary>Where a convolution's tiles go, and what happens to them on the way.</summary>
internal sealed unsafe class ConvolutionTarget
{
    private readonly Epilogue _epilogue;
    private readonly PlaneLayout _map;
    private readonly PlaneLayout _written;
    private readonly float* _data;
    private readonly float* _bias;
    private readonly void* _masks;
    private readonly TileKernels _tiles;
    private readonly ReluRule _rule;

    /// <summary>Creates a target.</summary>
    /// <param name="kernels">Kernels of the map's width.</param>
    /// <param name="epilogue">What happens to the result.</param>
    /// <param name="map">The convolution's output, before pooling.</param>
    /// <param name="data">Where it is written, or its pooled map.</param>
    /// <param name="bias">Whole vectors; null for a gradient.</param>
    /// <param name="masks">Bits to write (forwards) or to obey (backwards); null where there are none.</param>
    /// <param name="rule">How gradients pass a ReLU: whether only those above zero arrive, and whether pooling notes a place where nothing was above zero.</param>
    public ConvolutionTarget(LaneKernels kernels, Epilogue epilogue, PlaneLayout map, float* data, float* bias, void* masks, ReluRule rule = ReluRule.Plain)
    {
        Kernels = kernels;
        _epilogue = epilogue;
        _map = map;
        _written = epilogue == Epilogue.BiasReluPool ? map.Pooled : map;
        _data = data;
        _bias = bias;
        _masks = masks;
        _tiles = kernels.Tiles(map.TileEdge);
        _rule = rule;
    }

    /// <summary>Kernels of the map's width.</summary>
    public LaneKernels Kernels { get; }

    /// <summary>Takes the products of consecutive tiles and one or two channel blocks.</summary>
    /// <param name="products">Product 0 of the first tile.</param>
    /// <param name="productStride">Floats between products.</param>
    /// <param name="blocks">Channel blocks side by side: 1 or 2.</param>
    /// <param name="firstBlock">Number of the first.</param>
    /// <param name="firstTile">Number of the first tile in the batch.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="scratch">Room for two tiles and more.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(float* products, nint productStride, int blocks, int firstBlock, int firstTile, int count, float* scratch)
    {
        int lanes = _map.Lanes;
        int perImage = _map.TileRows * _map.TileColumns;
        float* outputs = scratch + (36 * lanes);
        for (int block = 0; block < blocks; block++)
        {
            int image = firstTile / perImage;
            int row = firstTile % perImage / _map.TileColumns;
            int column = firstTile % _map.TileColumns;
            float* p = products + (block * lanes);
            for (int i = 0; i < count; i++)
            {
                Finish(p, productStride, image, firstBlock + block, row, column, outputs, scratch);
                p += blocks * lanes;
                if (++column == _map.TileColumns)
                {
                    column = 0;
                    if (++row == _map.TileRows)
                    {
                        row = 0;
                        image++;
                    }
                }
            }
        }
    }

    // Large tiles within the map take the short way, others are transformed first and then cut.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Finish(float* products, nint productStride, int image, int block, int tileRow, int tileColumn, float* outputs, float* scratch)
    {
        int scale = _epilogue == Epilogue.BiasReluPool ? _map.TileEdge / 2 : _map.TileEdge;
        int y = scale * tileRow;
        int x = scale * tileColumn;
        int rows = Math.Min(scale, _written.Height - y);
        int columns = Math.Min(scale, _written.Width - x);
        long plane = ((long)image * _map.Blocks) + block;
        bool whole = rows == scale && columns == scale && _map.TileEdge == 4;
        if (!whole)
        {
            _tiles.ToTile(products, productStride, outputs);
        }

        float* bias = _bias + (block * _map.Lanes);
        float* target = _data + (image * _written.ImageStride) + (block * _written.PlaneStride) + ((nint)(y + 1) * _written.RowStride) + ((x + 1) * _written.Lanes);
        if (_epilogue == Epilogue.BiasReluPool)
        {
            ulong* poolMasks = _masks is null ? null : (ulong*)_masks + (((plane * _written.Height) + y) * _written.Width) + x;
            if (whole)
            {
                Kernels.WholeBiasReluPool(products, productStride, bias, target, _written.RowStride, poolMasks, _written.Width, scratch);
            }
            else
            {
                Kernels.BiasReluPool(outputs, bias, target, _written.RowStride, rows, columns, poolMasks, _written.Width);
            }

            if (_rule == ReluRule.Deconvnet && poolMasks is not null)
            {
                NoteDead(poolMasks, rows, columns);
            }

            return;
        }

        int maskStride = _map.WholeColumns;
        ushort* masks = _masks is null ? null : (ushort*)_masks + (((plane * _map.WholeRows) + y) * maskStride) + x;
        bool relu = _epilogue == Epilogue.BiasRelu;
        if (_epilogue == Epilogue.Masked)
        {
            if (whole)
            {
                Kernels.WholeMasked(products, productStride, target, _map.RowStride, masks, maskStride, scratch);
            }
            else
            {
                Kernels.Masked(outputs, target, _map.RowStride, rows, columns, masks, maskStride);
            }

            if (_rule != ReluRule.Plain)
            {
                for (int line = 0; line < rows; line++)
                {
                    Kernels.Relu(target + ((nint)line * _map.RowStride), columns);
                }
            }
        }
        else if (whole)
        {
            Kernels.WholeBiasRelu(products, productStride, bias, relu, target, _map.RowStride, masks, maskStride);
        }
        else
        {
            Kernels.BiasRelu(outputs, bias, relu, target, _map.RowStride, rows, columns, masks, maskStride);
        }
    }

    private void NoteDead(ulong* masks, int rows, int columns)
    {
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                masks[x] = PoolMask.WithDead(masks[x]);
            }

            masks += _written.Width;
        }
    }
}
