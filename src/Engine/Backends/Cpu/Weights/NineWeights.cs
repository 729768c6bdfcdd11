using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Filters of one large convolution as they are, nine weights each, which both directions transform as they use them: [chunk of outputs][input channel][weight][one or two vectors of outputs].</summary>
/// <remarks>A quarter of what transformed ones take, in each direction; behind the last input channel come zeros, up to a whole vector.</remarks>
internal sealed unsafe class NineWeights : Job, IDisposable
{
    private readonly NativeBuffer _buffer;
    private readonly int _rows;
    private float* _raw;

    /// <summary>Arranges them.</summary>
    /// <param name="pool">Who does it.</param>
    /// <param name="raw">(9, inputs, columns): columns are the outputs in whole vectors.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="lanes">Width of the vectors of both maps.</param>
    public NineWeights(WorkerPool pool, float* raw, int inputs, int outputs, int lanes)
    {
        Inputs = inputs;
        Outputs = outputs;
        Lanes = lanes;
        Blocks = RoundUp(outputs, lanes) / lanes;
        _rows = RoundUp(inputs, lanes);
        _buffer = NativeBuffer.OfFloats(Count(inputs, outputs, lanes), clear: _rows > inputs);
        try
        {
            _raw = raw;
            pool.Run(this);
            _raw = null;
        }
        catch
        {
            _buffer.Dispose();
            throw;
        }
    }

    public int Inputs { get; }

    public int Outputs { get; }

    public int Lanes { get; }

    /// <summary>Vectors of outputs.</summary>
    public int Blocks { get; }

    /// <inheritdoc/>
    public override int Chunks => (Blocks + 1) / 2;

    /// <summary>Floats that they take.</summary>
    public static long Count(int inputs, int outputs, int lanes) => 9L * RoundUp(inputs, lanes) * RoundUp(outputs, lanes);

    /// <summary>Whether filters are kept so: those of so many channels are streamed from memory, by the split schedule, whatever the map.</summary>
    /// <remarks>Both maps have vectors of one width then.</remarks>
    public static bool Serve(int inputs, int outputs) => (long)inputs * outputs > ConvolutionSchedule.FusedFilters && Math.Min(inputs, outputs) > 16;

    /// <summary>Floats of a row of outputs in a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int WidthOf(int chunk) => Math.Min(2, Blocks - (2 * chunk)) * Lanes;

    /// <summary>Weight 0 of an input channel in a chunk of outputs; the other eight follow, a row's width apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int chunk, int input) => _buffer.Floats + (9 * (((long)chunk * 2 * Lanes * _rows) + ((long)input * WidthOf(chunk))));

    /// <inheritdoc/>
    public override void Execute(int chunk, int worker)
    {
        int columns = RoundUp(Outputs, Lanes);
        int width = WidthOf(chunk);
        float* to = At(chunk, 0);
        for (int input = 0; input < Inputs; input++)
        {
            for (int weight = 0; weight < 9; weight++)
            {
                float* from = _raw + ((((nint)weight * Inputs) + input) * columns) + (chunk * 2 * Lanes);
                new ReadOnlySpan<float>(from, width).CopyTo(new Span<float>(to, width));
                to += width;
            }
        }
    }

    public void Dispose() => _buffer.Dispose();

    private static int RoundUp(int count, int lanes) => (count + lanes - 1) / lanes * lanes;
}
