using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VggCuda.Imaging;

/// <summary>The text metadata of PNG files: chunks tEXt, zTXt and iTXt.</summary>
/// <remarks>PNG specification (W3C, third edition), sections 5.3 (chunks) and 11.3.3 (textual information).</remarks>
public static class PngText
{
    // An honest plan has some kilobytes; a compressed chunk may claim anything.
    private const int MaxTextBytes = 16 * 1024 * 1024;

    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads all text metadata of a PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Text by key; where a key comes more than once, its last text. Empty where there is none.</returns>
    /// <exception cref="PictureException">The file is missing, no PNG, cut short, or a text chunk is damaged.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path) => Decode(FileContent.Read(path, PictureFile.MaxFileBytes), path);

    /// <summary>Reads all text metadata of a PNG held in memory; see <see cref="Read"/>.</summary>
    /// <param name="bytes">The content of a PNG file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="PictureException">The bytes are no PNG, cut short, or a text chunk is damaged.</exception>
    public static IReadOnlyDictionary<string, string> Decode(ReadOnlyMemory<byte> bytes, string name)
    {
        ReadOnlySpan<byte> rest = bytes.Span;
        if (!rest.StartsWith(Signature))
        {
            string kind = FileContent.Describe(rest);
            throw new PictureException(name, rest.IsEmpty ? "the file is empty; expected a PNG picture." : $"this is {kind}; expected a PNG picture.");
        }

        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        rest = rest[Signature.Length..];
        while (true)
        {
            if (rest.Length < 12 || BinaryPrimitives.ReadUInt32BigEndian(rest) > rest.Length - 12)
            {
                throw new PictureException(name, "a PNG picture, but the file is cut short; fetch or export it again.");
            }

            int length = (int)BinaryPrimitives.ReadUInt32BigEndian(rest);
            ReadOnlySpan<byte> typeAndData = rest.Slice(4, 4 + length);
            string type = Encoding.Latin1.GetString(typeAndData[..4]);
            if (type == "IEND")
            {
                return texts;
            }

            if (type is "tEXt" or "zTXt" or "iTXt")
            {
                if (Crc32.Of(typeAndData) != BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + length)..]))
                {
                    throw new PictureException(name, $"the {type} chunk is damaged (its checksum is wrong).");
                }

                (string key, string text) = Parse(type, typeAndData[4..]) ?? throw new PictureException(name, $"the {type} chunk is damaged.");
                texts[key] = text;
            }

            rest = rest[(12 + length)..];
        }
    }

    /// <summary>Puts text chunks right behind the header chunk of an encoded PNG, so that they are found without reading the pixels.</summary>
    internal static byte[] Insert(ReadOnlySpan<byte> png, IReadOnlyDictionary<string, string>? text)
    {
        const int headerEnd = 8 + 12 + 13;
        using MemoryStream result = new(png.Length);
        result.Write(png[..headerEnd]);
        foreach ((string key, string value) in (text ?? new Dictionary<string, string>()).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            WriteChunk(result, key, value);
        }

        result.Write(png[headerEnd..]);
        return result.ToArray();
    }

    private static (string Key, string Text)? Parse(string type, ReadOnlySpan<byte> data)
    {
        int nul = data.IndexOf((byte)0);
        if (nul is < 1 or > 79)
        {
            return null;
        }

        string key = Encoding.Latin1.GetString(data[..nul]);
        ReadOnlySpan<byte> rest = data[(nul + 1)..];
        if (type == "tEXt")
        {
            return (key, Encoding.Latin1.GetString(rest));
        }

        if (type == "zTXt")
        {
            return rest.Length >= 1 && rest[0] == 0 && Inflate(rest[1..]) is { } latin ? (key, Encoding.Latin1.GetString(latin)) : null;
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

        byte[]? utf8 = compressed ? Inflate(rest) : rest.ToArray();
        try
        {
            return utf8 is null ? null : (key, StrictUtf8.GetString(utf8));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> compressed)
    {
        using ZLibStream stream = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        using MemoryStream result = new();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                if (result.Length + read > MaxTextBytes)
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

    // tEXt, which every tool reads, for plain ASCII; iTXt, which is UTF-8, for the rest.
    private static void WriteChunk(MemoryStream png, string key, string value)
    {
        CheckKey(key);
        if (value is null || value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The metadata text of '{key}' is null or holds a NUL character, which PNG cannot store.");
        }

        byte[] text;
        try
        {
            text = StrictUtf8.GetBytes(value);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The metadata text of '{key}' is no valid Unicode (half of a surrogate pair).", e);
        }

        if (text.Length > MaxTextBytes)
        {
            throw new ArgumentException($"The metadata text of '{key}' has {text.Length} bytes; at most {MaxTextBytes} are stored.");
        }

        bool plain = value.All(c => c is '\n' or (>= ' ' and <= '~'));
        byte[] typeAndData = [.. plain ? "tEXt"u8 : "iTXt"u8, .. Encoding.Latin1.GetBytes(key), 0, .. plain ? [] : new byte[4], .. text];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, typeAndData.Length - 4);
        png.Write(number);
        png.Write(typeAndData);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(typeAndData));
        png.Write(number);
    }

    private static void CheckKey(string key)
    {
        bool printable = key.All(c => c is (>= ' ' and <= '~') or (>= '\u00A1' and <= '\u00FF'));
        if (key.Length is < 1 or > 79 || !printable || key != key.Trim(' ') || key.Contains("  ", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{key}' is no key for PNG metadata: 1 to 79 printable Latin-1 characters, no space at either end nor two in a row.");
        }
    }
}
