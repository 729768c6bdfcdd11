using System.Security.Cryptography;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests;

public class DigestTests
{
    private static readonly byte[] Sound = FixtureFiles.Bytes("k1_top.h5");

    [Fact]
    public void What_is_appended_behind_the_end_of_the_file_is_not_hashed()
    {
        using KerasWeights plain = KerasWeights.Open(Sound, "plain");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Sound)), plain.ComputeSha256());
        CountedTail tail = new(Sound, 60L << 30);
        using KerasWeights longer = KerasWeights.Open("longer", () => tail);
        long before = tail.Reads;
        Assert.Equal(plain.ComputeSha256(), longer.ComputeSha256());
        Assert.InRange(tail.Reads - before, 1, 2);
    }

    [Fact]
    public void A_user_block_and_an_archive_are_hashed_whole()
    {
        foreach (string name in (string[])["s_user_block_8192.h5", "k3_top.keras"])
        {
            using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(name), name);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(FixtureFiles.Bytes(name))), weights.ComputeSha256());
        }
    }

    [Fact]
    public void The_file_is_hashed_once()
    {
        CountedTail source = new(Sound, 0);
        using KerasWeights weights = KerasWeights.Open("once", () => source);
        string first = weights.ComputeSha256();
        long reads = source.Reads;
        Assert.Equal(first, weights.ComputeSha256(new CancellationToken(true)));
        Assert.Equal(reads, source.Reads);
    }

    [Fact]
    public void Hashing_is_cancelled_before_the_next_piece()
    {
        using CancellationTokenSource cancellation = new();
        CountedTail source = new(Sound, 60L << 30) { WhenRead = cancellation.Cancel };
        using KerasWeights weights = KerasWeights.Open("long", () => source);
        Assert.Throws<OperationCanceledException>(() => weights.ComputeSha256(cancellation.Token));
    }

    [Fact]
    public void A_file_that_was_written_to_since_it_was_opened_is_not_given_a_digest()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vggcuda-");
        try
        {
            string path = Path.Combine(folder.FullName, "w.h5");
            File.WriteAllBytes(path, Sound);
            using KerasWeights weights = KerasWeights.Open(path);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(3));
            Assert.Contains("was changed by another program", Assert.Throws<WeightsException>(() => weights.ComputeSha256()).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    /// <summary>A file with zeros behind it, which are never made.</summary>
    private sealed class CountedTail(byte[] bytes, long tail) : ByteSource
    {
        public long Reads { get; private set; }

        public Action? WhenRead { get; init; }

        public override long Length => bytes.Length + tail;

        public override void Dispose()
        {
        }

        protected override void ReadCore(long offset, Span<byte> destination)
        {
            Reads++;
            WhenRead?.Invoke();
            destination.Clear();
            if (offset < bytes.Length)
            {
                ReadOnlySpan<byte> there = bytes.AsSpan((int)offset);
                there[..Math.Min(there.Length, destination.Length)].CopyTo(destination);
            }
        }
    }
}
