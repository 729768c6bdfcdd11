namespace VggCuda.Engine.Backends.Cpu;

/// <summary>One number of each image of a batch: a number of each block, in double, and then those in order.</summary>
internal abstract class ImageReduction : ImageJob
{
    private double[] _blocks = [];

    /// <summary>Sum of an image's blocks.</summary>
    public double Sum(int image)
    {
        double sum = 0;
        foreach (double block in BlocksOf(image))
        {
            sum += block;
        }

        return sum;
    }

    /// <summary>Largest of an image's blocks, at least 0.</summary>
    public double Largest(int image)
    {
        double largest = 0;
        foreach (double block in BlocksOf(image))
        {
            largest = Math.Max(largest, block);
        }

        return largest;
    }

    protected sealed override void Prepare(int blocks)
    {
        if (_blocks.Length < blocks)
        {
            _blocks = new double[blocks];
        }
    }

    protected sealed override void Block(int block, int image, long first, int count) => _blocks[block] = Reduce(image, first, count);

    /// <summary>A block's number.</summary>
    /// <param name="image">Its image.</param>
    /// <param name="first">Number of its first value in the batch.</param>
    /// <param name="count">Values.</param>
    protected abstract double Reduce(int image, long first, int count);

    private ReadOnlySpan<double> BlocksOf(int image) => _blocks.AsSpan(image * BlocksPerImage, BlocksPerImage);
}
