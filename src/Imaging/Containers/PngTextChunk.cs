using System.IO.Compression;
using System.Text;

namespace VggCuda.Imaging.Containers;

/// <summary>One chunk of text metadata of a PNG file: tEXt, zTXt or iTXt.</summary>
/// <remarks>PNG specification (W3C, third edition), section 11.3.3 (textual information).</remarks>
internal static class PngTextChunk
{
    // What an entry costs besides its characters, so that a file of nothing but tiny texts has an end too.
    private const int EntryBytes = 100;

    // A profile holds a thumbnail at most.
    private const int MaxProfileBytes = 1024 * 1024;

    /// <summary>Whether the chunk is one of text.</summary>
    public static bool Is(PngChunks chunk) => chunk.Is("tEXt"u8) || chunk.Is("zTXt"u8) || chunk.Is("iTXt"u8);

    /// <summary>The chunk's key, and its text, unpacked.</summary>
    /// <param name="chunk">One of the three kinds.</param>
    /// <param name="budget">How many bytes of text may still come; becomes less, and below 0 where it is used up.</param>
    /// <returns>Null for what is malformed, and where the budget is used up.</returns>
    public static (string Key, byte[] Text, bool Utf8)? Parse(PngChunks chunk, ref int budget)
    {
        ReadOnlySpan<byte> data = chunk.Data;
        int nul = data.IndexOf((byte)0);
        if (nul is < 1 or > 79)
        {
            return null;
        }

        string key = Encoding.Latin1.GetString(data[..nul]);
        budget -= EntryBytes + nul;
        ReadOnlySpan<byte> rest = data[(nul + 1)..];
        if (chunk.Is("tEXt"u8))
        {
            return Whole(rest, ref budget) is { } plain ? (key, plain, false) : null;
        }

        if (chunk.Is("zTXt"u8))
        {
            return rest.Length >= 1 && rest[0] == 0 && Inflate(rest[1..], ref budget) is { } latin ? (key, latin, false) : null;
        }

        // iTXt: compression flag, method, language NUL, translated key NUL, text.
        if (rest.Length < 4 || rest[0] > 1 || rest[1] != 0)
        {
            return null;
        }

        bool compressed = rest[0] == 1;
        rest = rest[2..];
        for (int field = 0; field < 2; field++)
        {
            int end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            rest = rest[(end + 1)..];
        }

        return (compressed ? Inflate(rest, ref budget) : Whole(rest, ref budget)) is { } text ? (key, text, true) : null;
    }

    /// <summary>The EXIF data that ImageMagick and older programs put into a text, as hexadecimal digits; null where the chunk has none.</summary>
    public static byte[]? RawExif(PngChunks chunk)
    {
        int budget = MaxProfileBytes;
        if (!Is(chunk) || !chunk.Data.StartsWith("Raw profile type "u8) || Parse(chunk, ref budget) is not var (key, text, _)
            || key is not ("Raw profile type exif" or "Raw profile type APP1"))
        {
            return null;
        }

        // A line feed, the profile's name, its length, then lines of digits.
        string[] lines = Encoding.Latin1.GetString(text).Split('\n', 4);
        string digits = lines.Length == 4 ? string.Concat(lines[3].Where(char.IsAsciiHexDigit)) : string.Empty;
        return Convert.FromHexString(digits.AsSpan(0, digits.Length & ~1));
    }

    private static byte[]? Whole(ReadOnlySpan<byte> text, ref int budget)
    {
        budget -= budget < 0 ? 0 : Math.Min(text.Length, budget + 1);
        return budget < 0 ? null : text.ToArray();
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> compressed, ref int budget)
    {
        if (budget < 0)
        {
            return null;
        }

        using ZLibStream stream = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        using MemoryStream result = new();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                budget -= read;
                if (budget < 0)
                {
                    return null;
                }

                result.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return result.ToArray();
    }
}
