using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>y[n, r] = sum over k of matrix[r, k] v[n, k]: a dense layer along the rows of its matrix, at the speed at which the matrix is read.</summary>
internal sealed class DenseRows(KernelLibrary library)
{
    // ROWS of DenseRows.cu.
    private const int RowsPerBlock = 4;
    private readonly ElementKernels _one = new(library, "DenseRows", "dense_rows_1");
    private readonly ElementKernels _four = new(library, "DenseRows", "dense_rows_4");
    private readonly ElementKernels _oneInt8 = new(library, "DenseRows", "dense_rows_int8_1");
    private readonly ElementKernels _fourInt8 = new(library, "DenseRows", "dense_rows_int8_4");

    /// <summary>Device memory traffic: the rows that the mask leaves, once for every four images.</summary>
    /// <param name="rows">Rows that are read.</param>
    public static long Bytes(int images, long rows, int columns, ElementType type) =>
        (images + 3) / 4 * rows * columns * Elements.Size(type);

    /// <summary>The same for weights of a byte each.</summary>
    public static long Int8Bytes(int images, long rows, int columns) => (images + 3) / 4 * rows * columns;

    /// <summary>Queues it.</summary>
    /// <param name="v">T (images, columns), aligned to 16 bytes; columns a multiple of 8.</param>
    /// <param name="matrix">T (rows, columns), the same.</param>
    /// <param name="bias">float32 (rows), or none.</param>
    /// <param name="mask">T (images, rows), or none: where it is not above 0 the result is 0, and a row that no image wants is not read.</param>
    /// <param name="y">T (images, rows), overwritten.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    public void Launch(DevicePointer v, DevicePointer matrix, DevicePointer bias, DevicePointer mask, DevicePointer y, int images, int rows, int columns, bool relu, ElementType type)
    {
        ElementKernels.RequireEights(columns, "columns");
        (images == 1 ? _one : _four)[type].Launch(Grid(images, rows), v, matrix, bias, mask, y, images, rows, columns, relu ? 1 : 0);
    }

    /// <summary>The same with weights of a byte each, as <see cref="QuantizeWeights"/> makes them.</summary>
    /// <param name="matrix">Bytes (rows, columns), aligned to 8; columns a multiple of 8.</param>
    /// <param name="largest">float32 (columns): what 127 stands for in each.</param>
    public void LaunchInt8(DevicePointer v, DevicePointer matrix, DevicePointer largest, DevicePointer bias, DevicePointer mask, DevicePointer y, int images, int rows, int columns, bool relu, ElementType type)
    {
        ElementKernels.RequireEights(columns, "columns");
        (images == 1 ? _oneInt8 : _fourInt8)[type].Launch(Grid(images, rows), v, matrix, largest, bias, mask, y, images, rows, columns, relu ? 1 : 0);
    }

    private static Dim3 Grid(int images, int rows)
    {
        int perBlock = images == 1 ? 1 : 4;
        return new Dim3((uint)((rows + RowsPerBlock - 1) / RowsPerBlock), (uint)((images + perBlock - 1) / perBlock));
    }
}
