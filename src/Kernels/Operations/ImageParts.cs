using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>How one image is cut into parts, a block each, for a reduction. Depends on the image's size alone, never on the batch or the device: so does the result.</summary>
/// <param name="Count">Values per image.</param>
/// <param name="PerPart">Values per part, a multiple of 1024.</param>
/// <param name="Parts">Parts per image, at most <see cref="Most"/>.</param>
internal readonly record struct ImageParts(int Count, int PerPart, int Parts)
{
    /// <summary>MAX_PARTS of reduce.cuh.</summary>
    public const int Most = 512;

    private const int Grain = Kernel.Block * 4;

    /// <summary>The cut for an image.</summary>
    public static ImageParts Of(TensorShape shape)
    {
        if (shape.CountPerImage > 1 << 30)
        {
            throw new ArgumentException($"An image of {shape.CountPerImage} values; at most {1 << 30} are supported.");
        }

        int count = (int)shape.CountPerImage;
        int grains = (count + Grain - 1) / Grain;
        int perPart = (grains + Most - 1) / Most * Grain;
        return new ImageParts(count, perPart, (count + perPart - 1) / perPart);
    }

    /// <summary>The launch for a batch: blockIdx.x the part, blockIdx.y the image.</summary>
    public Dim3 Grid(int images) => new((uint)Parts, (uint)images);
}

/// <summary>Device memory for the partial results of reductions over a batch. Belongs to a tensor, so that a recorded step finds it where it was.</summary>
internal sealed class ReductionScratch : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly int _images;

    /// <summary>Allocates scratch for a batch; the counters are zero, as every kernel leaves them.</summary>
    public ReductionScratch(CudaStream stream, int images)
    {
        _images = images;
        _memory = DeviceMemory.Allocate(stream.Context, Bytes(images), "scratch for reductions");
        try
        {
            stream.Clear(_memory.Pointer, _memory.Bytes);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>double (images, 512).</summary>
    public DevicePointer Parts => _memory.Pointer;

    /// <summary>double (images, 512), for a second result of the same pass or the next.</summary>
    public DevicePointer MoreParts => _memory.Pointer + ((long)_images * ImageParts.Most * sizeof(double));

    /// <summary>uint32 (images): how many blocks have arrived; 0 between launches.</summary>
    public DevicePointer Counters => _memory.Pointer + ((long)_images * ImageParts.Most * sizeof(double) * 2);

    /// <summary>Bytes for a batch.</summary>
    public static long Bytes(int images) => images * ((ImageParts.Most * sizeof(double) * 2L) + sizeof(uint));

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
