using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>y[n, r] = sum over k of matrix[r, k] v[n, k]: a dense layer along the rows of its matrix, at the speed at which the matrix is read.</summary>
internal sealed class DenseRows(KernelLibrary library)
{
    // ROWS of DenseRows.cu.
    private const int RowsPerBlock = 4;
    private readonly ElementKernels _one = new(library, "DenseRows", "dense_rows_1");
    private readonly ElementKernels _four = new(library, "DenseRows", "dense_rows_4");

    /// <summary>Device memory traffic: the rows that the mask leaves, once for every four images.</summary>
    /// <param name="rows">Rows that are read.</param>
    public static long Bytes(int images, long rows, int columns, ElementType type) =>
        (images + 3) / 4 * rows * columns * Elements.Size(type);

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
        uint blocks = (uint)((rows + RowsPerBlock - 1) / RowsPerBlock);
        (ElementKernels kernels, int perBlock) = images == 1 ? (_one, 1) : (_four, 4);
        kernels[type].Launch(new Dim3(blocks, (uint)((images + perBlock - 1) / perBlock)), v, matrix, bias, mask, y, images, rows, columns, relu ? 1 : 0);
    }
}
