namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Filters of one convolution in Winograd's domain: [chunk][product][input channel][one or two vectors of outputs].</summary>
internal sealed unsafe class TransformedFilters : IDisposable
{
    private readonly NativeBuffer _buffer;

    /// <summary>Allocates them; the values are for the builder to write.</summary>
    /// <param name="inputs">Channels summed over.</param>
    /// <param name="outputs">Channels produced.</param>
    /// <param name="lanes">Width of the outputs' vectors.</param>
    /// <param name="products">Products per tile: 36 or 16.</param>
    public TransformedFilters(int inputs, int outputs, int lanes, int products)
    {
        Products = products;
        Inputs = inputs;
        Outputs = outputs;
        Lanes = lanes;
        Blocks = (outputs + lanes - 1) / lanes;
        _buffer = NativeBuffer.OfFloats(Count(inputs, outputs, lanes, products), clear: false);
    }

    /// <summary>Products per tile.</summary>
    public int Products { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    public int Lanes { get; }

    /// <summary>Vectors of outputs.</summary>
    public int Blocks { get; }

    /// <summary>Pairs of vectors; the last may be a single one.</summary>
    public int Chunks => (Blocks + 1) / 2;

    /// <summary>Floats that they take.</summary>
    public static long Count(int inputs, int outputs, int lanes, int products) => (long)products * inputs * ((outputs + lanes - 1) / lanes) * lanes;

    /// <summary>Vectors of a chunk: 1 or 2.</summary>
    public int ColumnsOf(int chunk) => Math.Min(2, Blocks - (2 * chunk));

    /// <summary>Where a chunk begins.</summary>
    public float* Chunk(int chunk) => _buffer.Floats + ((long)chunk * Products * Inputs * 2 * Lanes);

    public void Dispose() => _buffer.Dispose();
}
