using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The pooling of a first block that has one convolution (VGG11's), and its gradient back.</summary>
/// <remarks>Later convolutions pool as they write their tiles; the first one has no tiles, so its map is written whole and pooled here.</remarks>
internal sealed unsafe class FirstPooling : IDisposable
{
    // Bits of a mask between the four places of a window, upper left, upper right, lower left, lower right: one for each lane.
    private const int PlaceBits = 16;

    private readonly PlaneLayout _map;
    private readonly PlaneLayout _pooled;
    private readonly NativeBuffer _whole;
    private readonly float* _data;
    private readonly ulong* _masks;
    private readonly ForwardJob _forward;
    private readonly BackwardJob _backward;

    /// <summary>Plans it.</summary>
    /// <param name="map">The convolution's map, its ReLU done.</param>
    /// <param name="data">The pooled map, and in the backward pass its gradient.</param>
    /// <param name="masks">Where each maximum was, to be written; null where no gradient will pass.</param>
    public FirstPooling(PlaneLayout map, float* data, ulong* masks)
    {
        _map = map;
        _pooled = map.Pooled;
        _whole = NativeBuffer.OfFloats(map.Floats);
        _data = data;
        _masks = masks;
        _forward = new ForwardJob(this);
        _backward = new BackwardJob(this);
    }

    /// <summary>The convolution's map, and behind <see cref="Backward"/> its gradient.</summary>
    public float* Whole => _whole.Floats;

    /// <summary>Fills the pooled map.</summary>
    public void Forward(WorkerPool pool) => pool.Run(_forward);

    /// <summary>Spreads the pooled map's gradient: to the first of the largest values, and to none where ReLU had cut all off.</summary>
    public void Backward(WorkerPool pool) => pool.Run(_backward);

    public void Dispose() => _whole.Dispose();

    private float* WholeRow(int plane, int y) => Whole + (plane * _map.PlaneStride) + ((nint)(y + 1) * _map.RowStride) + _map.Lanes;

    private float* PooledRow(int plane, int y) => _data + (plane * _pooled.PlaneStride) + ((nint)(y + 1) * _pooled.RowStride) + _pooled.Lanes;

    private ulong* MaskRow(int plane, int y) => _masks + ((((long)plane * _pooled.Height) + y) * _pooled.Width);

    private sealed class ForwardJob(FirstPooling layer) : Job
    {
        public override int Chunks => layer._map.Images * layer._map.Blocks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            int lanes = layer._map.Lanes;
            ReadOnlySpan<int> places = [0, lanes, layer._map.RowStride, layer._map.RowStride + lanes];
            for (int y = 0; y < layer._pooled.Height; y++)
            {
                float* window = layer.WholeRow(chunk, 2 * y);
                float* target = layer.PooledRow(chunk, y);
                for (int x = 0; x < layer._pooled.Width; x++)
                {
                    ulong mask = 0;
                    for (int lane = 0; lane < lanes; lane++)
                    {
                        int best = 0;
                        for (int place = 1; place < 4; place++)
                        {
                            best = window[places[place] + lane] > window[places[best] + lane] ? place : best;
                        }

                        target[lane] = window[places[best] + lane];
                        mask |= target[lane] > 0 ? 1UL << ((best * PlaceBits) + lane) : 0;
                    }

                    if (layer._masks is not null)
                    {
                        layer.MaskRow(chunk, y)[x] = mask;
                    }

                    window += 2 * lanes;
                    target += lanes;
                }
            }
        }
    }

    private sealed class BackwardJob(FirstPooling layer) : Job
    {
        public override int Chunks => layer._map.Images * layer._map.Blocks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            int lanes = layer._map.Lanes;
            for (int y = 0; y < layer._map.Height; y++)
            {
                float* target = layer.WholeRow(chunk, y);
                // The pooling drops an odd last row or column, which so has no gradient.
                if (y / 2 == layer._pooled.Height)
                {
                    new Span<float>(target, layer._map.Width * lanes).Clear();
                    continue;
                }

                float* source = layer.PooledRow(chunk, y / 2);
                ulong* masks = layer.MaskRow(chunk, y / 2);
                for (int x = 0; x < layer._map.Width; x++)
                {
                    bool isDropped = x / 2 == layer._pooled.Width;
                    ulong mask = isDropped ? 0 : masks[x / 2] >> (PlaceBits * ((2 * (y & 1)) + (x & 1)));
                    float* gradient = source + (x / 2 * lanes);
                    for (int lane = 0; lane < lanes; lane++)
                    {
                        target[lane] = ((mask >> lane) & 1) != 0 ? gradient[lane] : 0;
                    }

                    target += lanes;
                }
            }
        }
    }
}
