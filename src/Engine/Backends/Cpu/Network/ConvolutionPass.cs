using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One 3x3 convolution, forwards or backwards, by Winograd's method: windows in, matrix products over channels, tiles out.</summary>
/// <remarks>
/// <para>Tiles of the whole batch are numbered through and cut into groups, groups into blocks of at most as many
/// tiles as the matrix kernel has rows. Transformed windows of a group lie as [part of the channels][product][block][16
/// channels][tile][16], transformed filters as [chunk][product][channel][two vectors of outputs]. Filters of large
/// layers become so only as they are used, in several parts; all others are one part.</para>
/// <para>Two schedules. Fused: a thread takes a group through all three stages in its own cache. Split: all windows
/// are transformed first, then threads share the products by groups and chunks of outputs, so that each filter is read
/// once; for deep layers, whose filters are larger than any cache, and for maps of few tiles.</para>
/// <para>A backward pass is the same with filters turned by 180 degrees and channels exchanged.</para>
/// </remarks>
internal sealed unsafe class ConvolutionPass
{
    private readonly ConvolutionSchedule _schedule;
    private readonly ConvolutionSource _source;
    private readonly ConvolutionTarget _target;
    private readonly ConvolutionFilters _filters;
    private readonly int _channels;
    private readonly bool _far;
    private readonly Job[] _jobs;
    private Workspace? _workspace;

    /// <summary>Plans a pass.</summary>
    /// <param name="source">What goes in.</param>
    /// <param name="filters">Filters, transformed or to be.</param>
    /// <param name="target">Where the result goes, and what happens to it on the way.</param>
    /// <param name="threads">Threads that will share it.</param>
    public ConvolutionPass(ConvolutionSource source, ConvolutionFilters filters, ConvolutionTarget target, int threads)
    {
        _source = source;
        _filters = filters;
        _target = target;
        _channels = filters.Inputs;
        _schedule = new ConvolutionSchedule(source.Map, filters.Inputs, filters.Outputs, target.Kernels, threads);
        _far = _schedule.IsSplit && threads > 1;
        _jobs = _schedule.IsSplit ? [new TransformJob(this), new MultiplyJob(this)] : [new FusedJob(this)];
    }

    /// <summary>Whether it runs by the split schedule.</summary>
    public bool IsSplit => _schedule.IsSplit;

    /// <summary>Gives it the memory to work in.</summary>
    public void Attach(Workspace workspace) => _workspace = workspace;

    /// <summary>Runs it.</summary>
    public void Run(WorkerPool pool)
    {
        foreach (Job job in _jobs)
        {
            pool.Run(job);
        }
    }

    private float* GroupWindows(int group) => _workspace!.Shared + _schedule.GroupStart(group);

    // Transforms channel blocks [firstBlock, endBlock) of a group.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformWindows(int group, int firstBlock, int endBlock, float* windows, Workspace workspace, int worker)
    {
        int first = _schedule.FirstTile(group);
        int count = _schedule.FirstTile(group + 1) - first;
        int blocks = _schedule.BlocksOf(count);
        int lanes = _source.Map.Lanes;
        nint stride = _schedule.WindowStride(count);
        for (int channelBlock = firstBlock; channelBlock < endBlock; channelBlock++)
        {
            int channel = channelBlock * lanes;
            int part = (channel >> 4) / _schedule.PartBlocks;
            int within = (channel >> 4) % _schedule.PartBlocks;
            float* target = windows + (part * _schedule.Products * stride) + (channel & 15);
            for (int block = 0; block < blocks; block++)
            {
                int from = (int)((long)block * count / blocks);
                int rows = (int)((long)(block + 1) * count / blocks) - from;
                float* to = target + (16 * (((nint)from * _schedule.PartBlocks) + (within * rows)));
                _source.Transform(channelBlock, first + from, rows, to, stride, workspace.Tile(worker));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int group, int firstChunk, int endChunk, float* windows, Workspace workspace, int worker)
    {
        int first = _schedule.FirstTile(group);
        int count = _schedule.FirstTile(group + 1) - first;
        nint windowStride = _schedule.WindowStride(count);
        float* results = workspace.Own(worker);
        for (int chunk = firstChunk; chunk < endChunk; chunk++)
        {
            int columns = _filters.ColumnsOf(chunk);
            nint filterStride = _filters.ProductStride(columns);
            int atOnce = _filters.AtOnce(_schedule.Products);
            float* room = results + _schedule.ResultFloats;
            for (int part = 0; part < _schedule.Parts; part++)
            {
                _filters.Begin(chunk, part, room);
                float* filters = null;
                float* partWindows = windows + (part * _schedule.Products * windowStride);
                bool isLast = part == _schedule.Parts - 1;
                for (int product = 0; product < _schedule.Products; product++)
                {
                    int within = product % atOnce;
                    if (within == 0)
                    {
                        filters = _filters.Take(chunk, part, product, _schedule.Products, room);
                    }

                    _filters.AskFor(isLast ? chunk + 1 : chunk, isLast ? 0 : part + 1, product, _schedule.Products);
                    MultiplyProduct(product, part, filters + (within * filterStride), columns, count, partWindows + (product * windowStride), results);
                }
            }

            _target.Write(results, _schedule.ProductStride(count, columns), columns, 2 * chunk, first, count, workspace.Tile(worker));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyProduct(int product, int part, float* filters, int columns, int tiles, float* windows, float* results)
    {
        LaneKernels kernels = _target.Kernels;
        int blocks = _schedule.BlocksOf(tiles);
        int depth = Math.Min(_schedule.PartBlocks * 16, _channels - (part * _schedule.PartBlocks * 16));
        float* c = results + (product * _schedule.ProductStride(tiles, columns));
        for (int block = 0; block < blocks; block++)
        {
            int rows = (int)((long)(block + 1) * tiles / blocks) - (int)((long)block * tiles / blocks);
            kernels.Gemm(columns, rows, _far)(windows, filters, c, depth >> 4, 16, depth & 15, rows * 16, part > 0);
            windows += rows * _schedule.PartBlocks * 16;
            c += rows * columns * kernels.Width;
        }
    }

    private sealed class FusedJob(ConvolutionPass pass) : Job
    {
        public override int Chunks => pass._schedule.Groups;

        public override void Execute(int chunk, int worker)
        {
            Workspace workspace = pass._workspace!;
            float* windows = workspace.Own(worker) + pass._schedule.ResultFloats;
            pass.TransformWindows(chunk, 0, pass._source.Map.Blocks, windows, workspace, worker);
            pass.Multiply(chunk, 0, pass._filters.Chunks, windows, workspace, worker);
        }
    }

    private sealed class TransformJob(ConvolutionPass pass) : Job
    {
        private readonly int _parts = ConvolutionSchedule.DivideUp(pass._source.Map.Blocks, pass._schedule.BlocksPerTask);

        public override int Chunks => pass._schedule.Groups * _parts;

        public override void Execute(int chunk, int worker)
        {
            // Channels outside, as in the products of the layer before, which has left them in this thread's cache.
            int group = chunk % pass._schedule.Groups;
            int block = chunk / pass._schedule.Groups * pass._schedule.BlocksPerTask;
            int end = Math.Min(block + pass._schedule.BlocksPerTask, pass._source.Map.Blocks);
            pass.TransformWindows(group, block, end, pass.GroupWindows(group), pass._workspace!, worker);
        }
    }

    private sealed class MultiplyJob(ConvolutionPass pass) : Job
    {
        public override int Chunks => pass._schedule.Groups * pass._filters.Chunks;

        // Neighbouring tasks share their filters.
        public override void Execute(int chunk, int worker)
        {
            int group = chunk % pass._schedule.Groups;
            int filters = chunk / pass._schedule.Groups;
            pass.Multiply(group, filters, filters + 1, pass.GroupWindows(group), pass._workspace!, worker);
        }
    }
}
