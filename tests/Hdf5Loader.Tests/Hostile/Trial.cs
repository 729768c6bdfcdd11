using System.Diagnostics;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>What became of a damaged file.</summary>
/// <param name="Refusal">The message, or null where it was read.</param>
/// <param name="Digests">Of the tensors that were read.</param>
/// <param name="Allocated">Managed bytes.</param>
/// <param name="Reads">Calls to the source.</param>
/// <param name="BytesRead">Bytes that they asked for.</param>
/// <param name="Milliseconds">Wall time, for the report only.</param>
internal sealed record Trial(string? Refusal, SortedDictionary<string, string>? Digests, long Allocated, long Reads, long BytesRead, double Milliseconds)
{
    /// <summary>Beyond the weights themselves.</summary>
    public const long AllocationLimit = 64 << 20;

    /// <summary>Structure: 50,000 blocks and 16 MB at most; the data of these tiny files come on top.</summary>
    public const long ReadLimit = 200_000;

    public const long ByteLimit = 64 << 20;

    /// <summary>Opens the bytes and reads every value. Any exception but the one promised escapes and fails the test.</summary>
    public static Trial Run(byte[] bytes, string name)
    {
        CountingSource source = new(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch watch = Stopwatch.StartNew();
        string? refusal = null;
        SortedDictionary<string, string>? digests = null;
        try
        {
            using KerasWeights weights = KerasWeights.Open(name, () => source);
            weights.CheckContents();
            digests = FixtureFiles.Digests(weights);
        }
        catch (WeightsException failure)
        {
            refusal = failure.Message;
        }

        return new Trial(refusal, digests, GC.GetAllocatedBytesForCurrentThread() - before, source.Reads, source.BytesRead, watch.Elapsed.TotalMilliseconds);
    }

    /// <summary>Checks the bounds that hold for every file.</summary>
    public void AssertBounded(string name)
    {
        Assert.True(Allocated <= AllocationLimit, $"{name}: {Allocated} bytes allocated");
        Assert.True(Reads <= ReadLimit, $"{name}: {Reads} reads");
        Assert.True(BytesRead <= ByteLimit, $"{name}: {BytesRead} bytes read");
    }
}
