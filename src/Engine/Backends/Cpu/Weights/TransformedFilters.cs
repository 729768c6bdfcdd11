namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Filters of one convolution in Winograd's domain: [chunk][product][input channel][one or two vectors of outputs].</summary>
internal sealed unsafe class TransformedFilters : ConvolutionFilters, IDisposable
{
    private readonly NativeBuffer _buffer;

    /// <summary>Allocates them; the values are for the builder to write.</summary>
    /// <param name="inputs">Channels summed over.</param>
    /// <param name="outputs">Channels produced.</param>
    /// <param name="lanes">Width of the outputs' vectors.</param>
    /// <param name="products">Products per tile: 36 or 16.</param>
    public TransformedFilters(int inputs, int outputs, int lanes, int products)
        : base(inputs, outputs, lanes)
    {
        Products = products;
        _buffer = NativeBuffer.OfFloats(Count(inputs, outputs, lanes, products), clear: false);
    }

    /// <summary>Products per tile.</summary>
    public int Products { get; }

    /// <summary>Floats that they take.</summary>
    public static long Count(int inputs, int outputs, int lanes, int products) => (long)products * inputs * ((outputs + lanes - 1) / lanes) * lanes;

    /// <summary>Where a chunk begins.</summary>
    public float* Chunk(int chunk) => _buffer.Floats + ((long)chunk * Products * Inputs * 2 * Lanes);

    /// <inheritdoc/>
    public override nint ProductStride(int columns) => (nint)Inputs * columns * Lanes;

    /// <inheritdoc/>
    public override float* Take(int chunk, int part, int product, int products, float* room) => Chunk(chunk);

    public void Dispose() => _buffer.Dispose();
}
