namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The first convolution's weights, for its direct kernels.</summary>
internal sealed unsafe class FirstLayerWeights : IDisposable
{
    private readonly NativeBuffer _forward;
    private readonly NativeBuffer _backward;

    /// <summary>Arranges them.</summary>
    /// <param name="raw">(9, 3, columns), columns in whole vectors.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="lanes">Width of a vector.</param>
    public FirstLayerWeights(float* raw, int outputs, int lanes)
    {
        Blocks = (outputs + lanes - 1) / lanes;
        int columns = Blocks * lanes;
        _forward = NativeBuffer.OfFloats(27L * columns);
        _backward = NativeBuffer.OfFloats(27L * columns);
        for (int place = 0; place < 9; place++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                for (int output = 0; output < columns; output++)
                {
                    float value = raw[(((place * 3) + channel) * columns) + output];
                    int block = output / lanes;
                    int lane = output % lanes;
                    int width = ColumnsOf(block / 2) * lanes;
                    Chunk(block / 2)[(((place * 3) + channel) * width) + (block % 2 * lanes) + lane] = value;
                    _backward.Floats[(((((block * 9) + (8 - place)) * 3) + channel) * lanes) + lane] = value;
                }
            }
        }

        Lanes = lanes;

        float* Chunk(int chunk) => _forward.Floats + (chunk * 27 * 2 * lanes);
    }

    public int Blocks { get; }

    public int Lanes { get; }

    public int Chunks => (Blocks + 1) / 2;

    /// <summary>(block, row, column, channel) vectors, turned by 180 degrees.</summary>
    public float* Backward => _backward.Floats;

    /// <summary>Vectors of a chunk: 1 or 2.</summary>
    public int ColumnsOf(int chunk) => Math.Min(2, Blocks - (2 * chunk));

    /// <summary>(27, vectors) of a chunk.</summary>
    public float* Forward(int chunk) => _forward.Floats + (chunk * 27 * 2 * Lanes);

    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }
}
