using System.IO.Compression;
using System.Text;

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

    /// <summary>How far a picture is from a .ppm of the same size.</summary>
    public static int LargestDifference(Picture picture, byte[] ppm)
    {
        string[] header = Encoding.ASCII.GetString(ppm, 0, Math.Min(20, ppm.Length)).Split([' ', '\n'], 5);
        Assert.Equal(["P6", $"{picture.Width}", $"{picture.Height}", "255"], header[..4]);
        ReadOnlySpan<byte> expected = ppm.AsSpan(ppm.Length - picture.Rgb.Length);
        int largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i] - picture.Rgb[i]));
        }

        return largest;
    }

    private static byte[] Bytes(Stream stream)
    {
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
