using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The tap of a convolution or pooling layer: takes the wanted channels out of the map, and puts their gradient in.</summary>
internal sealed unsafe class MapTap
{
    private readonly PlaneLayout _map;
    private readonly TapSlice _slice;
    private readonly float* _data;
    private readonly ushort* _masks;
    private readonly GatherJob _gather;
    private readonly ScatterJob _scatter;

    /// <summary>Plans it.</summary>
    /// <param name="map">The map's places and channels computed.</param>
    /// <param name="slice">What is wanted.</param>
    /// <param name="data">The map, and in the backward pass its gradient.</param>
    /// <param name="masks">The layer's own ReLU bits, or null where it has none or they do not count.</param>
    public MapTap(PlaneLayout map, TapSlice slice, float* data, ushort* masks)
    {
        _map = map;
        _slice = slice;
        _data = data;
        _masks = masks;
        _gather = new GatherJob(this);
        _scatter = new ScatterJob(this);
    }

    /// <summary>tap[n, y, x, k] = the wanted channel's value.</summary>
    public void Gather(WorkerPool pool, float* tap)
    {
        _gather.Tap = tap;
        pool.Run(_gather);
    }

    /// <summary>The map's gradient from the tap's, times one factor per image.</summary>
    public void Scatter(WorkerPool pool, float* tapGradient, float* scales)
    {
        _scatter.TapGradient = tapGradient;
        _scatter.Scales = scales;
        pool.Run(_scatter);
    }

    private float* At(int image, int position, int y) =>
        _data + (image * _map.ImageStride) + (position / _map.Lanes * _map.PlaneStride) + ((nint)(y + 1) * _map.RowStride) + _map.Lanes + (position % _map.Lanes);

    private sealed class GatherJob(MapTap tap) : Job
    {
        public float* Tap { get; set; }

        public override int Chunks => tap._map.Images;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            PlaneLayout map = tap._map;
            int wanted = tap._slice.Wanted;
            for (int k = 0; k < wanted; k++)
            {
                int position = tap._slice.Positions[(chunk * wanted) + k];
                float* to = Tap + ((long)chunk * map.Height * map.Width * wanted) + k;
                for (int y = 0; y < map.Height; y++)
                {
                    float* from = position < 0 ? null : tap.At(chunk, position, y);
                    for (int x = 0; x < map.Width; x++)
                    {
                        *to = from is null ? 0f : from[x * map.Lanes];
                        to += wanted;
                    }
                }
            }
        }
    }

    private sealed class ScatterJob(MapTap tap) : Job
    {
        public float* TapGradient { get; set; }

        public float* Scales { get; set; }

        public override int Chunks => tap._map.Images;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            PlaneLayout map = tap._map;
            for (int block = 0; block < map.Blocks; block++)
            {
                for (int y = 0; y < map.Height; y++)
                {
                    new Span<float>(tap.At(chunk, block * map.Lanes, y), map.Width * map.Lanes).Clear();
                }
            }

            int wanted = tap._slice.Wanted;
            float scale = Scales[chunk];
            for (int k = 0; k < wanted; k++)
            {
                int position = tap._slice.Positions[(chunk * wanted) + k];
                if (position < 0)
                {
                    continue;
                }

                float* from = TapGradient + ((long)chunk * map.Height * map.Width * wanted) + k;
                int bit = position % map.Lanes;
                long plane = ((long)chunk * map.Blocks) + (position / map.Lanes);
                for (int y = 0; y < map.Height; y++)
                {
                    float* to = tap.At(chunk, position, y);
                    ushort* masks = tap._masks is null ? null : tap._masks + (((plane * map.WholeRows) + y) * map.WholeColumns);
                    for (int x = 0; x < map.Width; x++)
                    {
                        if (masks is null || ((masks[x] >> bit) & 1) != 0)
                        {
                            to[x * map.Lanes] += *from * scale;
                        }

                        from += wanted;
                    }
                }
            }
        }
    }
}
