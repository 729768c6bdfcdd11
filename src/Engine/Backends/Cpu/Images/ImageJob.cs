namespace VggCuda.Engine.Backends.Cpu;

/// <summary>An operation on a batch of images, in blocks of a fixed size that begin anew with each image: which values share a block depends neither on the threads nor on the batch.</summary>
internal abstract class ImageJob : Job
{
    private const int BlockSize = 16384;
    private int _countPerImage;
    private int _images;

    /// <inheritdoc/>
    public sealed override int Chunks => _images * BlocksPerImage;

    protected int BlocksPerImage { get; private set; }

    /// <inheritdoc/>
    public sealed override void Execute(int chunk, int worker)
    {
        int image = chunk / BlocksPerImage;
        int first = chunk % BlocksPerImage * BlockSize;
        Block(chunk, image, ((long)image * _countPerImage) + first, Math.Min(BlockSize, _countPerImage - first));
    }

    /// <summary>Does all blocks of a batch.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="shape">Shape of the batch.</param>
    protected void Run(WorkerPool pool, TensorShape shape)
    {
        _countPerImage = checked((int)shape.CountPerImage);
        _images = shape.N;
        BlocksPerImage = (_countPerImage + BlockSize - 1) / BlockSize;
        Prepare(Chunks);
        pool.Run(this);
    }

    /// <summary>Makes room for what blocks leave behind.</summary>
    /// <param name="blocks">Blocks of the batch.</param>
    protected virtual void Prepare(int blocks)
    {
    }

    /// <summary>Does one block.</summary>
    /// <param name="block">Its number in the batch.</param>
    /// <param name="image">Its image.</param>
    /// <param name="first">Number of its first value in the batch.</param>
    /// <param name="count">Values.</param>
    protected abstract void Block(int block, int image, long first, int count);
}
