using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One tap of a convolution or pooling layer: takes the wanted channels out of the map, puts a gradient in, and takes one out.</summary>
internal sealed unsafe class MapTap
{
    private readonly CpuTap _tap;
    private readonly GatherJob _gather;
    private readonly ScatterJob _scatter;

    /// <summary>Plans it.</summary>
    /// <param name="tap">What is wanted.</param>
    /// <param name="kernels">Kernels of the map's width.</param>
    /// <param name="map">The map's places and channels computed.</param>
    /// <param name="data">The map, and in the backward pass its gradient.</param>
    /// <param name="relu">Whether the map holds values before a ReLU and the tap's are after it.</param>
    /// <param name="masks">The layer's own ReLU bits where what is given has to pass them, or null.</param>
    public MapTap(CpuTap tap, LaneKernels kernels, PlaneLayout map, float* data, bool relu, ushort* masks)
    {
        _tap = tap;
        _gather = new GatherJob(tap, map, data) { Relu = relu };
        _scatter = new ScatterJob(tap, kernels, map, data, masks);
    }

    /// <summary>Whether the present backward pass is given something here.</summary>
    public bool IsGiven => _tap.Given is not null;

    /// <summary>tap[n, y, x, k] = the wanted channel's value.</summary>
    public void Gather(WorkerPool pool)
    {
        _gather.Target = _tap.Values.Data;
        _gather.Factors = null;
        pool.Run(_gather);
    }

    /// <summary>Adds what is given, times one factor per image, to the map's gradient.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="scales">Factors.</param>
    /// <param name="alone">Whether nothing has arrived from above: the map is cleared before.</param>
    public void Scatter(WorkerPool pool, float* scales, bool alone)
    {
        _scatter.Scales = scales;
        _scatter.Clears = alone;
        pool.Run(_scatter);
    }

    /// <summary>The gradient wanted here: the map's times one factor per image, or zeros where nothing has arrived.</summary>
    public void Deliver(WorkerPool pool, float* factors, bool arrived)
    {
        if (_tap.Gradient is not CpuTensor gradient)
        {
            return;
        }

        if (!arrived)
        {
            gradient.Clear();
            return;
        }

        _gather.Target = gradient.Data;
        _gather.Factors = factors;
        pool.Run(_gather);
    }

    private sealed class GatherJob(CpuTap tap, PlaneLayout map, float* data) : MapRowsJob(map)
    {
        public bool Relu { get; init; }

        public float* Target { get; set; }

        /// <summary>One per image for a gradient, null for values.</summary>
        public float* Factors { get; set; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            for (int y = first; y < end; y++)
            {
                float* to = Target + ((((long)image * Map.Height) + y) * Map.Width * tap.Wanted);
                if (tap.IsWhole)
                {
                    Whole(data + Map.Offset(image, 0, y), to);
                }
                else
                {
                    Chosen(image, y, to);
                }

                if (Factors is not null)
                {
                    Multiply(to, Map.Width * tap.Wanted, Factors[image]);
                }
                else if (Relu)
                {
                    TakeRelu(to, Map.Width * tap.Wanted);
                }
            }
        }

        private static void Multiply(float* values, int count, float factor)
        {
            for (int i = 0; i < count; i++)
            {
                values[i] *= factor;
            }
        }

        // Not max(0, x): NaN must go through.
        private static void TakeRelu(float* values, int count)
        {
            for (int i = 0; i < count; i++)
            {
                values[i] = values[i] <= 0f ? 0f : values[i];
            }
        }

        private void Whole(float* from, float* to)
        {
            for (int block = 0; block < Map.Blocks; block++)
            {
                int channels = Math.Min(Map.Lanes, Map.Channels - (block * Map.Lanes));
                for (int x = 0; x < Map.Width; x++)
                {
                    new ReadOnlySpan<float>(from + (x * Map.Lanes), channels).CopyTo(new Span<float>(to + ((nint)x * Map.Channels), channels));
                }

                from += Map.PlaneStride;
                to += Map.Lanes;
            }
        }

        private void Chosen(int image, int y, float* row)
        {
            int wanted = tap.Wanted;
            ReadOnlySpan<int> positions = tap.PositionsOf(image);
            for (int k = 0; k < wanted; k++)
            {
                int position = positions[k];
                float* from = position < 0 ? null : data + Map.Offset(image, position / Map.Lanes, y) + (position % Map.Lanes);
                float* to = row + k;
                for (int x = 0; x < Map.Width; x++)
                {
                    *to = from is null ? 0f : from[x * Map.Lanes];
                    to += wanted;
                }
            }
        }
    }

    private sealed class ScatterJob(CpuTap tap, LaneKernels kernels, PlaneLayout map, float* data, ushort* masks) : MapRowsJob(map)
    {
        public float* Scales { get; set; }

        public bool Clears { get; set; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            for (int y = first; y < end; y++)
            {
                if (Clears)
                {
                    for (int block = 0; block < Map.Blocks; block++)
                    {
                        new Span<float>(data + Map.Offset(image, block, y), Map.Width * Map.Lanes).Clear();
                    }
                }

                float* from = tap.Given + ((((long)image * Map.Height) + y) * Map.Width * tap.Wanted);
                if (tap.IsWhole && Map.Channels % Map.Lanes == 0)
                {
                    Whole(image, y, from);
                }
                else
                {
                    Chosen(image, y, from);
                }
            }
        }

        private void Whole(int image, int y, float* from)
        {
            for (int block = 0; block < Map.Blocks; block++)
            {
                float* to = data + Map.Offset(image, block, y);
                kernels.AddPixels(from, Map.Channels, Scales[image], to, Map.Width);
                if (masks is not null)
                {
                    // What was there has passed them already.
                    kernels.Mask(to, Map.Width, masks + Map.MaskOffset(image, block, y));
                }

                from += Map.Lanes;
            }
        }

        private void Chosen(int image, int y, float* row)
        {
            int wanted = tap.Wanted;
            float scale = Scales[image];
            ReadOnlySpan<int> positions = tap.PositionsOf(image);
            for (int k = 0; k < wanted; k++)
            {
                int position = positions[k];
                if (position < 0)
                {
                    continue;
                }

                float* from = row + k;
                int block = position / Map.Lanes;
                int bit = position % Map.Lanes;
                float* to = data + Map.Offset(image, block, y) + bit;
                ushort* bits = masks is null ? null : masks + Map.MaskOffset(image, block, y);
                for (int x = 0; x < Map.Width; x++)
                {
                    if (bits is null || ((bits[x] >> bit) & 1) != 0)
                    {
                        to[x * Map.Lanes] += *from * scale;
                    }

                    from += wanted;
                }
            }
        }
    }
}
