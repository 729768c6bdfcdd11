namespace VggCuda.Kernels.Programs;

/// <summary>Packs buffers that are not all alive at once into one piece of memory.</summary>
/// <remarks>Greedy by size: the largest first, each at the lowest place that is free for its whole life. Deterministic, and for a chain of layers near the least that can be.</remarks>
internal sealed class MemoryPlan
{
    /// <summary>Every buffer begins at a multiple of this, so that engines may use their widest loads.</summary>
    public const long Alignment = 256;

    private readonly List<(long Bytes, int First, int Last)> _buffers = [];
    private long[]? _offsets;

    /// <summary>Bytes in all; after <see cref="Pack"/>.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Adds a buffer.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="first">The first operation that touches it.</param>
    /// <param name="last">The last operation that touches it.</param>
    /// <returns>Its number.</returns>
    public int Add(long bytes, int first, int last)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        _buffers.Add(((bytes + Alignment - 1) / Alignment * Alignment, first, last));
        _offsets = null;
        return _buffers.Count - 1;
    }

    /// <summary>Gives every buffer its place.</summary>
    public void Pack()
    {
        long[] offsets = new long[_buffers.Count];
        List<int> placed = [];
        TotalBytes = 0;
        foreach (int i in Enumerable.Range(0, _buffers.Count).OrderByDescending(b => _buffers[b].Bytes).ThenBy(b => b))
        {
            (long bytes, int first, int last) = _buffers[i];
            long at = 0;
            foreach (int other in placed.Where(o => _buffers[o].First <= last && _buffers[o].Last >= first).OrderBy(o => offsets[o]))
            {
                if (at + bytes <= offsets[other])
                {
                    break;
                }

                at = Math.Max(at, offsets[other] + _buffers[other].Bytes);
            }

            offsets[i] = at;
            placed.Add(i);
            TotalBytes = Math.Max(TotalBytes, at + bytes);
        }

        _offsets = offsets;
    }

    /// <summary>A buffer's place; after <see cref="Pack"/>.</summary>
    public long Offset(int buffer) => (_offsets ?? throw new InvalidOperationException("The buffers have not been packed."))[buffer];
}
