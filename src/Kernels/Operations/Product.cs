using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Multiplies along one axis by a matrix: target[o, m, i] = sum over k of M[m, k] source[o, k, i].</summary>
/// <remarks>Ours and not cuBLAS's, whose kernels, and with them the order of the sums, change with the batch.</remarks>
internal sealed class Product(KernelLibrary library)
{
    // PRODUCT_TILE of Product.cu.
    private const int Tile = 64;
    private readonly Kernel _product = library.Kernel("Product", "product_f32");
    private readonly Kernel _ofMultiple = library.Kernel("Product", "product_of_multiple_f32");
    private readonly Kernel _andMultiple = library.Kernel("Product", "product_and_multiple_f32");
    private readonly Kernel _andSigmoid = library.Kernel("Product", "product_and_sigmoid_f32");

    /// <summary>Device memory traffic, where the tiles of a column are few: the source read, the target written.</summary>
    public static long Bytes(long source, long target) => 4 * (source + target);

    /// <summary>Queues it.</summary>
    /// <param name="matrix">float32 (results, terms), or (terms, results) where transposed.</param>
    /// <param name="source">float32 (images, outer, terms, inner).</param>
    /// <param name="target">float32 (images, outer, results, inner), overwritten; not the source.</param>
    public void Launch(DevicePointer matrix, DevicePointer source, DevicePointer target, ProductShape shape) =>
        _product.Launch(Grid(shape), matrix, source, target, shape.Terms, shape.Results, shape.Outer * shape.Inner, shape.Inner, shape.IsTransposed ? 1 : 0);

    /// <summary>Queues the product of source times factors, as <see cref="Multiply"/> makes it.</summary>
    /// <param name="factors">float32 (outer, terms, inner), the same for every image.</param>
    /// <param name="multiple">float32 like the source, overwritten with what the product is of; none of the others.</param>
    public void LaunchOfMultiple(DevicePointer matrix, DevicePointer source, DevicePointer factors, DevicePointer multiple, DevicePointer target, ProductShape shape) =>
        _ofMultiple.Launch(Grid(shape), matrix, source, target, shape.Terms, shape.Results, shape.Outer * shape.Inner, shape.Inner, shape.IsTransposed ? 1 : 0, factors, multiple);

    /// <summary>Queues the product, and the product times factors beside it.</summary>
    /// <param name="factors">float32 (outer, results, inner), the same for every image.</param>
    /// <param name="multiple">float32 like the target, overwritten; none of the others.</param>
    public void LaunchAndMultiple(DevicePointer matrix, DevicePointer source, DevicePointer target, DevicePointer factors, DevicePointer multiple, ProductShape shape) =>
        _andMultiple.Launch(Grid(shape), matrix, source, target, shape.Terms, shape.Results, shape.Outer * shape.Inner, shape.Inner, shape.IsTransposed ? 1 : 0, factors, multiple);

    /// <summary>Queues the product, and beside it what <see cref="Sigmoid.Forward"/> makes of it.</summary>
    /// <param name="squeezed">float32 like the target, overwritten; none of the others.</param>
    public void LaunchAndSigmoid(DevicePointer matrix, DevicePointer source, DevicePointer target, DevicePointer squeezed, double low, double high, ProductShape shape) =>
        _andSigmoid.Launch(Grid(shape), matrix, source, target, shape.Terms, shape.Results, shape.Outer * shape.Inner, shape.Inner, shape.IsTransposed ? 1 : 0, squeezed, low, high - low);

    private static Dim3 Grid(ProductShape shape)
    {
        const int MostInYAndZ = 65535;
        return (long)shape.Outer * shape.Inner > 1 << 30 || Tiles(shape.Results) > MostInYAndZ || shape.Images > MostInYAndZ
            ? throw new ArgumentException($"A product of {shape.Images} images of {shape.Outer} x {shape.Terms} x {shape.Inner} values by {shape.Results} rows is too large for one launch.")
            : new Dim3(Tiles(shape.Outer * shape.Inner), Tiles(shape.Results), (uint)shape.Images);
    }

    private static uint Tiles(int count) => (uint)((count + Tile - 1) / Tile);
}
