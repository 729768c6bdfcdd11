using System.Security.Cryptography;
using VggCuda.Engine.Hashing;

namespace VggCuda.Engine.Tests.Hashing;

/// <summary>Our own checksums are the system's, for every length around the ends of blocks and however the content is cut.</summary>
public class ContentHashTests
{
    public static TheoryData<int> Lengths => [.. Enumerable.Range(0, 260), 1000, 4096, 100_003];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Own_and_system_agree(int length)
    {
        byte[] content = new byte[length];
        Random random = new(length);
        random.NextBytes(content);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.Equal(sha256, Hashed(new Sha256Hash(), content, random));
        Assert.Equal(sha256, ContentHash.Sha256Of(content));
        using ContentHash system = ContentHash.Md5();
        Assert.Equal(Hashed(system, content, random), Hashed(new Md5Hash(), content, random));
    }

    private static string Hashed(ContentHash hash, ReadOnlySpan<byte> content, Random random)
    {
        while (content.Length > 0)
        {
            int piece = random.Next(1, Math.Min(content.Length, 150) + 1);
            hash.Append(content[..piece]);
            content = content[piece..];
        }

        hash.Append([]);
        return hash.Finish();
    }
}
