using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>y[n, j] = sum over k of v[n, k] matrix[k, j]: a dense layer along the columns of its matrix, reading only the rows whose v is not 0.</summary>
internal sealed class DenseColumns(KernelLibrary library)
{
    // TILE and MAX_STRETCH of DenseColumns.cu, and the warps of a block.
    private const int ColumnsPerBlock = 256;
    private const int MostRowsPerWarp = 256;
    private const int Warps = Kernel.Block / 32;

    // Enough blocks for every multiprocessor of the largest GPUs to have two or three. A constant, so that the order of the
    // sums, and with it the result, is the same on every GPU.
    private const int WantedBlocks = 384;
    private const int FewestRowsPerWarp = 8;

    private readonly ElementKernels _one = new(library, "DenseColumns", "dense_columns_1");
    private readonly ElementKernels _four = new(library, "DenseColumns", "dense_columns_4");
    private readonly ElementKernels _oneInt8 = new(library, "DenseColumns", "dense_columns_int8_1");
    private readonly ElementKernels _fourInt8 = new(library, "DenseColumns", "dense_columns_int8_4");

    /// <summary>Device memory traffic: the rows that count, once for every four images, and the partial sums written and read.</summary>
    /// <param name="countingRows">Rows whose v is not 0 in some image.</param>
    /// <param name="rows">All rows.</param>
    public static long Bytes(int images, long countingRows, int rows, int columns, ElementType type) =>
        ((images + 3) / 4 * countingRows * columns * Elements.Size(type)) + (2 * ScratchBytes(images, rows, columns));

    /// <summary>The same for weights of a byte each.</summary>
    public static long Int8Bytes(int images, long countingRows, int rows, int columns) =>
        ((images + 3) / 4 * countingRows * columns) + (2 * ScratchBytes(images, rows, columns));

    /// <summary>Bytes of scratch for partial sums.</summary>
    public static long ScratchBytes(int images, int rows, int columns) => (long)Cut(rows, columns).Splits * images * columns * sizeof(float);

    /// <summary>Queues it.</summary>
    /// <param name="v">T (images, rows).</param>
    /// <param name="matrix">T (rows, columns), aligned to 16 bytes; columns a multiple of 8.</param>
    /// <param name="bias">float32 (columns), or none.</param>
    /// <param name="mask">T (images, columns), or none: where it is not above 0 the result is 0.</param>
    /// <param name="y">T (images, columns), overwritten.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    public void Launch(DevicePointer v, DevicePointer matrix, DevicePointer bias, DevicePointer mask, DevicePointer y, DevicePointer scratch, int images, int rows, int columns, bool relu, ElementType type)
    {
        (Dim3 grid, int perWarp) = Grid(images, rows, columns);
        (images == 1 ? _one : _four)[type].Launch(grid, v, matrix, scratch, bias, mask, y, library.Counters((long)grid.X * grid.Z), images, rows, columns, perWarp, relu ? 1 : 0);
    }

    /// <summary>The same with weights of a byte each, as <see cref="QuantizeWeights"/> makes them.</summary>
    /// <param name="matrix">Bytes (rows, columns), aligned to 8; columns a multiple of 8.</param>
    /// <param name="largest">float32 (columns): what 127 stands for in each.</param>
    public void LaunchInt8(DevicePointer v, DevicePointer matrix, DevicePointer largest, DevicePointer bias, DevicePointer mask, DevicePointer y, DevicePointer scratch, int images, int rows, int columns, bool relu, ElementType type)
    {
        (Dim3 grid, int perWarp) = Grid(images, rows, columns);
        (images == 1 ? _oneInt8 : _fourInt8)[type].Launch(grid, v, matrix, largest, scratch, bias, mask, y, library.Counters((long)grid.X * grid.Z), images, rows, columns, perWarp, relu ? 1 : 0);
    }

    private static (Dim3 Grid, int RowsPerWarp) Grid(int images, int rows, int columns)
    {
        ElementKernels.RequireEights(columns, "columns");
        (int splits, int perWarp) = Cut(rows, columns);
        int perBlock = images == 1 ? 1 : 4;
        return (new Dim3((uint)((columns + ColumnsPerBlock - 1) / ColumnsPerBlock), (uint)splits, (uint)((images + perBlock - 1) / perBlock)), perWarp);
    }

    // Into how many splits the rows are cut, and how many rows a warp of a split has: a matter of the matrix alone.
    private static (int Splits, int RowsPerWarp) Cut(int rows, int columns)
    {
        int tiles = (columns + ColumnsPerBlock - 1) / ColumnsPerBlock;
        int least = (rows + (MostRowsPerWarp * Warps) - 1) / (MostRowsPerWarp * Warps);
        int most = (rows + (FewestRowsPerWarp * Warps) - 1) / (FewestRowsPerWarp * Warps);
        int splits = Math.Max(least, Math.Min(most, (WantedBlocks + tiles - 1) / tiles));
        int perWarp = (rows + (splits * Warps) - 1) / (splits * Warps);
        return ((rows + (perWarp * Warps) - 1) / (perWarp * Warps), perWarp);
    }
}
