using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>All taps of one convolution and of the pooling behind it, and what would otherwise have happened in registers: the activation where a tap looks in front of it, and its way back.</summary>
/// <remarks>
/// <para>Points, upwards: before the activation, after it, pooled. A map that is not split goes from the convolution to its last
/// point at once, and its gradient the same way back. A split map is written before its activation, and its activation follows as a pass of its own.</para>
/// <para>The gradient meets a ReLU on its way as soon as it arrives, unless a tap above the ReLU must see it first.</para>
/// </remarks>
internal sealed unsafe class MapTaps
{
    private readonly MapShape _map;
    private readonly MapTap[] _pooled;
    private readonly MapTap[] _pooledBefore;
    private readonly MapTap[] _after;
    private readonly MapTap[] _before;
    private readonly Job? _activate;
    private readonly Job? _unpool;
    private readonly Job? _passRelu;
    private readonly MapRescue? _rescue;

    /// <summary>Plans them.</summary>
    /// <param name="map">The map.</param>
    /// <param name="taps">All taps of the program.</param>
    /// <param name="spec">The program's spec.</param>
    /// <param name="stored">What is kept of the map, pooled where it is pooled; in the backward pass its gradient.</param>
    /// <param name="whole">The map before pooling, where it is split; otherwise the same as <paramref name="stored"/>.</param>
    /// <param name="reluMasks">Bits of the map's own ReLU, or null.</param>
    /// <param name="poolMasks">Masks of its pooling, or null.</param>
    public MapTaps(MapShape map, CpuTap[] taps, ProgramSpec spec, float* stored, float* whole, ushort* reluMasks, ulong* poolMasks)
    {
        _map = map;
        ReluRule rule = spec.Relu;
        bool later = map.MeetsBeforeRelu;
        _pooled = [.. map.Pooled.Where(i => taps[i].Spec.Point == TapPoint.AfterActivation).Select(OfPooled)];
        _pooledBefore = [.. map.Pooled.Where(i => taps[i].Spec.Point == TapPoint.BeforeActivation).Select(OfPooled)];
        _after = [.. map.After.Select(i => new MapTap(taps[i], map.Kernels, map.Map, whole, map.IsSplit, later ? null : reluMasks))];
        _before = [.. map.Before.Select(i => new MapTap(taps[i], map.Kernels, map.Map, whole, relu: false, masks: null))];
        if (map.IsSplit)
        {
            _activate = new ActivateJob(map, whole, stored, reluMasks, poolMasks);
        }

        if (map.IsPooled && map.IsSplit)
        {
            _unpool = new UnpoolJob(map, stored, poolMasks, whole, later ? null : new ReluGate(map.Kernels, rule, reluMasks));
        }

        if (map.IsPooled && !map.IsSplit)
        {
            // What a pooling passes on has been above zero unless the rule lets everything through.
            _passRelu = rule == ReluRule.Plain ? null : new PassReluJob(map.Stored, stored, new ReluGate(map.Kernels, rule, null));
        }
        else if (spec.RescuedSteps > 0 && reluMasks is not null)
        {
            _rescue = new MapRescue(map, whole, reluMasks);
        }
        else if (later)
        {
            _passRelu = new PassReluJob(map.Map, whole, new ReluGate(map.Kernels, rule, reluMasks));
        }

        MapTap OfPooled(int tap) => new(taps[tap], map.Kernels, map.Stored, stored, relu: false, masks: null);
    }

    /// <summary>After the convolution: fills the taps, and does what is left of the layer.</summary>
    public void Forward(WorkerPool pool)
    {
        Gather(pool, _before);
        Gather(pool, _after);
        if (_activate is not null)
        {
            pool.Run(_activate);
        }

        Gather(pool, _pooled);
        Gather(pool, _pooledBefore);
    }

    /// <summary>Before the convolution's own backward pass: adds what is given, delivers what is wanted.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="scales">What gradients are multiplied by on their way.</param>
    /// <param name="arrived">Whether a gradient has come from above.</param>
    /// <param name="rescues">Whether this step rescues dead units.</param>
    /// <returns>Whether there is a gradient now.</returns>
    public bool Backward(WorkerPool pool, GradientScales scales, bool arrived, bool rescues)
    {
        if (_map.IsPooled)
        {
            arrived = Meet(pool, _pooled, scales, arrived);
            arrived = Meet(pool, _pooledBefore, scales, arrived);
            if (arrived && _unpool is not null)
            {
                pool.Run(_unpool);
            }
        }

        arrived = Meet(pool, _after, scales, arrived);
        if (arrived && _passRelu is not null)
        {
            pool.Run(_passRelu);
        }

        if (arrived)
        {
            _rescue?.Run(pool, rescues);
        }

        return Meet(pool, _before, scales, arrived);
    }

    private static void Gather(WorkerPool pool, MapTap[] taps)
    {
        foreach (MapTap tap in taps)
        {
            tap.Gather(pool);
        }
    }

    private static bool Meet(WorkerPool pool, MapTap[] taps, GradientScales scales, bool arrived)
    {
        foreach (MapTap tap in taps)
        {
            if (tap.IsGiven)
            {
                tap.Scatter(pool, scales.Factors, alone: !arrived);
                arrived = true;
            }
        }

        foreach (MapTap tap in taps)
        {
            tap.Deliver(pool, scales.Inverses, arrived);
        }

        return arrived;
    }

    /// <summary>How a row of a gradient passes a ReLU.</summary>
    /// <param name="kernels">Kernels of the map's width.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="masks">The ReLU's bits; null where the pooling's have done it.</param>
    private sealed class ReluGate(LaneKernels kernels, ReluRule rule, ushort* masks)
    {
        public void Pass(PlaneLayout map, int image, int block, int y, float* row)
        {
            if (masks is not null && rule != ReluRule.Deconvnet)
            {
                kernels.Mask(row, map.Width, masks + map.MaskOffset(image, block, y));
            }

            if (rule != ReluRule.Plain)
            {
                kernels.Relu(row, map.Width);
            }
        }
    }

    // From the values before the activation to those after it, in place or pooled, with the decisions that the way back needs.
    private sealed class ActivateJob(MapShape map, float* whole, float* stored, ushort* reluMasks, ulong* poolMasks) : MapRowsJob(map.Map)
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            PlaneLayout pooled = map.Stored;
            for (int block = 0; block < Map.Blocks; block++)
            {
                for (int y = first; y < end; y++)
                {
                    float* row = whole + Map.Offset(image, block, y);
                    if (reluMasks is not null)
                    {
                        map.Kernels.PositiveBits(row, Map.Width, reluMasks + Map.MaskOffset(image, block, y));
                    }

                    if (!map.IsPooled)
                    {
                        map.Kernels.Relu(row, Map.Width);
                    }
                    else if ((y & 1) != 0)
                    {
                        ulong* masks = poolMasks is null ? null : poolMasks + pooled.PoolMaskOffset(image, block, y >> 1);
                        map.Kernels.Pool(row - Map.RowStride, row, stored + pooled.Offset(image, block, y >> 1), pooled.Width, masks);
                    }
                }
            }
        }
    }

    // The gradient before a pooling from the one behind it.
    private sealed class UnpoolJob(MapShape map, float* stored, ulong* poolMasks, float* whole, ReluGate? gate) : MapRowsJob(map.Map)
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            PlaneLayout pooled = map.Stored;
            for (int block = 0; block < Map.Blocks; block++)
            {
                for (int y = first; y < end; y++)
                {
                    float* row = whole + Map.Offset(image, block, y);
                    // An odd last row or column was dropped.
                    if (y >> 1 == pooled.Height)
                    {
                        new Span<float>(row, Map.Width * Map.Lanes).Clear();
                        continue;
                    }

                    if ((y & 1) == 0)
                    {
                        map.Kernels.Unpool(
                            stored + pooled.Offset(image, block, y >> 1), poolMasks + pooled.PoolMaskOffset(image, block, y >> 1), pooled.Width, row, row + Map.RowStride);
                    }

                    if ((Map.Width & 1) != 0)
                    {
                        new Span<float>(row + ((Map.Width - 1) * Map.Lanes), Map.Lanes).Clear();
                    }

                    gate?.Pass(Map, image, block, y, row);
                }
            }
        }
    }

    private sealed class PassReluJob(PlaneLayout map, float* gradient, ReluGate gate) : MapRowsJob(map)
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void Rows(int image, int first, int end)
        {
            for (int block = 0; block < Map.Blocks; block++)
            {
                for (int y = first; y < end; y++)
                {
                    gate.Pass(Map, image, block, y, gradient + Map.Offset(image, block, y));
                }
            }
        }
    }
}
