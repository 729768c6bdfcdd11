namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Filters of one convolution in one direction, in chunks of one or two vectors of outputs, as a pass takes them.</summary>
/// <param name="inputs">Channels summed over.</param>
/// <param name="outputs">Channels produced.</param>
/// <param name="lanes">Width of the outputs' vectors.</param>
internal abstract unsafe class ConvolutionFilters(int inputs, int outputs, int lanes)
{
    public int Inputs { get; } = inputs;

    public int Outputs { get; } = outputs;

    public int Lanes { get; } = lanes;

    /// <summary>Vectors of outputs.</summary>
    public int Blocks { get; } = (outputs + lanes - 1) / lanes;

    /// <summary>Pairs of vectors; the last may be a single one.</summary>
    public int Chunks => (Blocks + 1) / 2;

    /// <summary>Vectors of a chunk: 1 or 2.</summary>
    public int ColumnsOf(int chunk) => Math.Min(2, Blocks - (2 * chunk));

    /// <summary>Floats from one product of a chunk to the next; within a product lies [input channel][vectors of outputs].</summary>
    /// <param name="columns">Vectors of the chunk.</param>
    public abstract nint ProductStride(int columns);

    /// <summary>Products that are taken at a time.</summary>
    /// <param name="products">Products per tile: 36 or 16.</param>
    public virtual int AtOnce(int products) => products;

    /// <summary>Gets ready to take a part of a chunk.</summary>
    /// <param name="chunk">The chunk's number.</param>
    /// <param name="part">Which part of the input channels; transformed filters have but one.</param>
    /// <param name="room">The calling thread's memory for filters.</param>
    public virtual void Begin(int chunk, int part, float* room)
    {
    }

    /// <summary>Part of a chunk in Winograd's domain, for some of the products.</summary>
    /// <param name="chunk">The chunk's number.</param>
    /// <param name="part">Which part of the input channels.</param>
    /// <param name="product">The first of the products: a multiple of <see cref="AtOnce"/>.</param>
    /// <param name="products">Products per tile.</param>
    /// <param name="room">The calling thread's memory for filters; it may overwrite what it gave before.</param>
    /// <returns>That product of the part's first channel.</returns>
    public abstract float* Take(int chunk, int part, int product, int products, float* room);

    /// <summary>Asks memory for a part that is taken next, piece by piece while another is multiplied; behind the end it asks for nothing that is there, which never fails.</summary>
    /// <param name="chunk">Its chunk; may be the number behind the last.</param>
    /// <param name="part">Its part.</param>
    /// <param name="piece">Number of the piece.</param>
    /// <param name="pieces">Pieces in all.</param>
    public virtual void AskFor(int chunk, int part, int piece, int pieces)
    {
    }
}
