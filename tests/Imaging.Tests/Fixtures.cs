namespace VggCuda.Imaging.Tests;

/// <summary>Small files made by other programs; <c>Fixtures/make.py</c> says how.</summary>
internal static class Fixtures
{
    public static byte[] Bytes(string name)
    {
        using Stream stream = typeof(Fixtures).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using MemoryStream content = new();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
