using System.Security.Cryptography;

namespace VggCuda.Engine.Hashing;

/// <summary>A checksum that grows with what is appended: the system's, or our own where the system has none.</summary>
/// <remarks>On Linux .NET takes OpenSSL for it, and a process that finds none is ended; a machine without it must be able to draw all the same. For telling contents apart, not for keeping secrets. One thread at a time.</remarks>
public abstract class ContentHash : IDisposable
{
    private protected ContentHash()
    {
    }

    /// <summary>SHA-256 (FIPS 180-4) of nothing so far.</summary>
    public static ContentHash Sha256() => SystemCryptography.IsThere ? new SystemHash(HashAlgorithmName.SHA256) : new Sha256Hash();

    /// <summary>MD5 (RFC 1321) of nothing so far.</summary>
    public static ContentHash Md5() => SystemCryptography.IsThere ? new SystemHash(HashAlgorithmName.MD5) : new Md5Hash();

    /// <summary>SHA-256 of some bytes, 64 lower-case hexadecimal digits.</summary>
    public static string Sha256Of(ReadOnlySpan<byte> content)
    {
        using ContentHash hash = Sha256();
        hash.Append(content);
        return hash.Finish();
    }

    /// <summary>Appends content.</summary>
    public abstract void Append(ReadOnlySpan<byte> content);

    /// <summary>The checksum of all that was appended, in lower-case hexadecimal digits. Nothing may be appended afterwards.</summary>
    public abstract string Finish();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the system holds for it.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class SystemHash(HashAlgorithmName algorithm) : ContentHash
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);

        public override void Append(ReadOnlySpan<byte> content) => _hash.AppendData(content);

        public override string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
