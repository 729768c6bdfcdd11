using System.Runtime.CompilerServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One 3x3 convolution, forwards or backwards, by Winograd's method: windows in, matrix products over channels, tiles out.</summary>
/// <remarks>
/// <para>Tiles of the whole batch are numbered through and cut into groups, groups into blocks of at most as many
/// tiles as the matrix kernel has rows. Transformed windows of a block lie as [product][16 channels][tile][16], transformed
/// filters as [chunk][product][channel][two vectors of outputs].</para>
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
    private readonly TransformedFilters _filters;
    private readonly int _channels;
    private readonly bool _far;
    private readonly Job[] _jobs;
    private Workspace? _workspace;

    /// <summary>Plans a pass.</summary>
    /// <param name="source">What goes in.</param>
    /// <param name="filters">Transformed filters.</param>
    /// <param name="target">Where the result goes, and what happens to it on the way.</param>
    /// <param name="threads">Threads that will share it.</param>
    public ConvolutionPass(ConvolutionSource source, TransformedFilters filters, ConvolutionTarget target, int threads)
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

    private float* GroupWindows(int group)
    {
        // Group g begins after the tiles and blocks of those before it; each has at most BlocksOf(LargestGroup) blocks.
        return _workspace!.Shared + _schedule.WindowFloats(_schedule.FirstTile(group), group * _schedule.BlocksOf(_schedule.LargestGroup));
    }

    // Transforms channel blocks [firstBlock, endBlock) of a group.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformWindows(int group, int firstBlock, int endBlock, float* windows, Workspace workspace, int worker)
    {
        int first = _schedule.FirstTile(group);
        int count = _schedule.FirstTile(group + 1) - first;
        int blocks = _schedule.BlocksOf(count);
        int lanes = _source.Map.Lanes;
        for (int channelBlock = firstBlock; channelBlock < endBlock; channelBlock++)
        {
            int channel = channelBlock * lanes;
            float* target = windows;
            for (int block = 0; block < blocks; block++)
            {
                int from = (int)((long)block * count / blocks);
                int rows = (int)((long)(block + 1) * count / blocks) - from;
                nint stride = _schedule.WindowStride(rows);
                float* to = target + ((nint)(channel >> 4) * rows * 16) + (channel & 15);
                _source.Transform(channelBlock, first + from, rows, to, stride, workspace.Tile(worker));
                target += _schedule.Products * stride;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int group, int firstChunk, int endChunk, float* windows, Workspace workspace, int worker)
    {
        int first = _schedule.FirstTile(group);
        int count = _schedule.FirstTile(group + 1) - first;
        float* results = workspace.Own(worker);
        for (int chunk = firstChunk; chunk < endChunk; chunk++)
        {
            for (int product = 0; product < _schedule.Products; product++)
            {
                MultiplyProduct(product, chunk, count, windows, results);
            }

            int columns = _filters.ColumnsOf(chunk);
            _target.Write(results, _schedule.ProductStride(count, columns), columns, 2 * chunk, first, count, workspace.Tile(worker));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyProduct(int product, int chunk, int tiles, float* windows, float* results)
    {
        LaneKernels kernels = _target.Kernels;
        int columns = _filters.ColumnsOf(chunk);
        int blocks = _schedule.BlocksOf(tiles);
        int fullDepth = _channels >> 4;
        int tail = _channels & 15;
        float* filters = _filters.Chunk(chunk) + (product * (nint)_channels * columns * kernels.Width);
        float* c = results + (product * _schedule.ProductStride(tiles, columns));
        for (int block = 0; block < blocks; block++)
        {
            int rows = (int)((long)(block + 1) * tiles / blocks) - (int)((long)block * tiles / blocks);
            nint stride = _schedule.WindowStride(rows);
            kernels.Gemm(columns, rows, _far)(windows + (product * stride), filters, c, fullDepth, 16, tail, rows * 16);
            windows += _schedule.Products * stride;
            c += rows * columns * kernels.Width;
        }
    }

    private sealed class FusedJob(ConvolutionPass pass) : Job
    {
        public override int Chunks => pass._schedule.Groups;

        public override void Execute(int chunk, int worker)
        {
            Workspace workspace = pass._workspace!;
            float* windows = workspace.Own(worker) + (pass._schedule.Products * pass._schedule.ProductStride(pass._schedule.LargestGroup, 2));
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
