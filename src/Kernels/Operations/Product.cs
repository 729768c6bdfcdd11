using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Multiplies along one axis by a matrix: target[o, m, i] = sum over k of M[m, k] source[o, k, i].</summary>
/// <remarks>Ours and not cuBLAS's, whose kernels, and with them the order of the sums, change with the batch.</remarks>
internal sealed class Product(KernelLibrary library)
{
    // PRODUCT_TILE of Product.cu.
    private const int Tile = 64;
    private readonly Kernel _product = library.Kernel("Product", "product_f32");

    /// <summary>Device memory traffic, where the tiles of a column are few: the source read, the target written.</summary>
    public static long Bytes(long source, long target) => 4 * (source + target);

    /// <summary>Queues it.</summary>
    /// <param name="matrix">float32 (results, terms), or (terms, results) where transposed.</param>
    /// <param name="source">float32 (images, outer, terms, inner).</param>
    /// <param name="target">float32 (images, outer, results, inner), overwritten; not the source.</param>
    /// <param name="outer">Of one image.</param>
    public void Launch(DevicePointer matrix, DevicePointer source, DevicePointer target, int images, int outer, int terms, int results, int inner, bool transposed)
    {
        const int MostInYAndZ = 65535;
        if ((long)outer * inner > 1 << 30 || Tiles(results) > MostInYAndZ || images > MostInYAndZ)
        {
            throw new ArgumentException($"A product of {images} images of {outer} x {terms} x {inner} values by {results} rows is too large for one launch.");
        }

        int columns = outer * inner;
        _product.Launch(new Dim3(Tiles(columns), Tiles(results), (uint)images), matrix, source, target, terms, results, columns, inner, transposed ? 1 : 0);
    }

    private static uint Tiles(int count) => (uint)((count + Tile - 1) / Tile);
}
