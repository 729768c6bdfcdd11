using System.Runtime.InteropServices;

namespace VggCuda.Engine.Hashing;

/// <summary>Whether .NET's cryptography, and with it TLS, can be used at all.</summary>
public static class SystemCryptography
{
    // In the order in which .NET looks for them.
    private static readonly string[] Libraries = ["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"];
    private static readonly Lazy<bool> Found = new(Find);

    /// <summary>Everywhere but on a Linux without OpenSSL, where the first use of it ends the process.</summary>
    public static bool IsThere => Found.Value;

    private static bool Find()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsFreeBSD())
        {
            return true;
        }

        // .NET's own variable, which names the version to take.
        string? wanted = Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE");
        return Libraries.Concat(string.IsNullOrEmpty(wanted) ? [] : [$"libssl.so.{wanted}"]).Any(name => NativeLibrary.TryLoad(name, out _));
    }
}
