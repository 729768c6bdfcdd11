using System.IO.Compression;

namespace VggCuda.Imaging.Tests;

/// <summary>Small files made by other programs; <c>Fixtures/make.py</c> says how.</summary>
internal static class Fixtures
{
    public static byte[] Bytes(string name)
    {
        using Stream stream = Open(name);
        return Bytes(stream);
    }

    public static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        return Bytes(stream);
    }

    /// <summary>Everything in a zip, in its order.</summary>
    public static (string Name, byte[] Bytes)[] Zipped(string name)
    {
        using ZipArchive archive = new(Open(name));
        return [.. archive.Entries.Select(e => (e.Name, Bytes(e)))];
    }

    public static Stream Open(string name) =>
        typeof(Fixtures).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);

    private static byte[] Bytes(Stream stream)
    {
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
