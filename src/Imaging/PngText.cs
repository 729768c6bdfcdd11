using System.Text;
using VggCuda.Imaging.Containers;

namespace VggCuda.Imaging;

/// <summary>The text metadata of PNG files: chunks tEXt, zTXt and iTXt.</summary>
/// <remarks>PNG specification (W3C, third edition), sections 5.3 (chunks) and 11.3.3 (textual information).</remarks>
public static class PngText
{
    // An honest plan has some kilobytes; a compressed chunk may claim anything. For all texts of a file together.
    private const int MaxTextBytes = 16 * 1024 * 1024;

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
        if (!bytes.Span.StartsWith(PngChunks.Signature))
        {
            string kind = FileContent.Describe(bytes.Span);
            throw new PictureException(name, bytes.IsEmpty ? "the file is empty; expected a PNG picture." : $"this is {kind}; expected a PNG picture.");
        }

        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        PngChunks chunks = new(bytes.Span);
        int budget = MaxTextBytes;
        while (true)
        {
            if (!chunks.Next() || chunks.IsCut)
            {
                throw new PictureException(name, "a PNG picture, but the file is cut short; fetch or export it again.");
            }

            if (chunks.Is("IEND"u8))
            {
                return texts;
            }

            if (!PngTextChunk.Is(chunks))
            {
                continue;
            }

            string type = Encoding.Latin1.GetString(chunks.Type);
            if (!chunks.IsSound())
            {
                throw new PictureException(name, $"the {type} chunk is damaged (its checksum is wrong).");
            }

            (string key, byte[] text, bool utf8) = PngTextChunk.Parse(chunks, ref budget) ?? throw new PictureException(name, budget < 0
                ? $"the texts have more than {MaxTextBytes / (1024 * 1024)} MiB, the most that is read."
                : $"the {type} chunk is damaged.");
            try
            {
                texts[key] = (utf8 ? StrictUtf8 : Encoding.Latin1).GetString(text);
            }
            catch (DecoderFallbackException e)
            {
                throw new PictureException(name, $"the {type} chunk is damaged.", e);
            }
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
        PngChunks.Write(png, plain ? "tEXt"u8 : "iTXt"u8, [.. Encoding.Latin1.GetBytes(key), 0, .. plain ? [] : new byte[4], .. text]);
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
