using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Counts what a reader asks for: a bound on that is a bound on its time which no busy machine upsets.</summary>
internal sealed class CountingSource(byte[] bytes) : ByteSource
{
    public long Reads { get; private set; }

    public long BytesRead { get; private set; }

    public override long Length => bytes.Length;

    public override void Dispose()
    {
    }

    protected override void ReadCore(long offset, Span<byte> destination)
    {
        Reads++;
        BytesRead += destination.Length;
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
