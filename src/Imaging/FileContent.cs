using System.Text;

namespace VggCuda.Imaging;

/// <summary>Reads input files whole, with a limit, and tells what a file is by how it begins.</summary>
public static class FileContent
{
    /// <summary>Reads a whole file, of any kind that ends; its length is not believed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most that is read.</param>
    /// <exception cref="PictureException">The file is missing, not readable, a folder, or longer than the limit.</exception>
    public static byte[] Read(string path, long maxBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            if (Directory.Exists(path))
            {
                throw new PictureException(path, "this is a folder, not a file.");
            }

            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return ReadToEnd(path, stream, maxBytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PictureException(path, "no such file.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new PictureException(path, "the file may not be read (access denied).", e);
        }
        catch (IOException e)
        {
            throw new PictureException(path, $"the file cannot be read: {e.Message}", e);
        }
    }

    // The length is not believed: a pipe has none, and a device may never end.
    private static byte[] ReadToEnd(string path, FileStream stream, long maxBytes)
    {
        if (stream.CanSeek && stream.Length > maxBytes)
        {
            throw TooLong(path, maxBytes);
        }

        using MemoryStream content = new(stream.CanSeek ? (int)Math.Max(stream.Length, 256) : 64 * 1024);
        byte[] buffer = new byte[64 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (content.Length + read > maxBytes)
            {
                throw TooLong(path, maxBytes);
            }

            content.Write(buffer, 0, read);
        }

        return content.ToArray();
    }

    private static PictureException TooLong(string path, long maxBytes) => new(path, $"the file is longer than {maxBytes / (1024 * 1024)} MiB, the most that is read.");

    /// <summary>What the bytes look like, with its article: "an HTML page", "a zip archive"; "no known kind of file" otherwise.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "empty";
        }

        // The length of its description, then the description; the length's lowest byte may be any character.
        if (bytes is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..])
        {
            return "a safetensors file";
        }

        foreach ((byte[] magic, int offset, string name) in Magics)
        {
            if (bytes.Length >= offset + magic.Length && bytes.Slice(offset, magic.Length).SequenceEqual(magic))
            {
                return name;
            }
        }

        return DescribeText(bytes[..Math.Min(bytes.Length, 512)]) ?? "no known kind of file";
    }

    private static readonly (byte[] Magic, int Offset, string Name)[] Magics =
    [
        ([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], 0, "a PNG picture"),
        ([0xFF, 0xD8, 0xFF], 0, "a JPEG picture"),
        ("GIF8"u8.ToArray(), 0, "a GIF picture"),
        ("WEBP"u8.ToArray(), 8, "a WebP picture"),
        ([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'], 0, "a NumPy array (.npy)"),
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], 0, "an HDF5 file"),
        ("PK\x03\x04"u8.ToArray(), 0, "a zip archive (.zip, .npz, .docx)"),
        ([0x1F, 0x8B], 0, "a gzip archive"),
        ("%PDF"u8.ToArray(), 0, "a PDF document"),
        ("BM"u8.ToArray(), 0, "a BMP picture"),
        ("II*\0"u8.ToArray(), 0, "a TIFF picture"),
        ("MM\0*"u8.ToArray(), 0, "a TIFF picture"),
        ("8BPS"u8.ToArray(), 0, "a Photoshop picture"),
        ("ftypavif"u8.ToArray(), 4, "an AVIF picture"),
        ("ftypheic"u8.ToArray(), 4, "a HEIC picture"),
        ("ftypmif1"u8.ToArray(), 4, "a HEIF picture"),
        ("ftyp"u8.ToArray(), 4, "an MP4 film"),
        ([0x80, 0x02], 0, "a Python pickle"),
        ([0x80, 0x04], 0, "a Python pickle"),
        ([0x7F, (byte)'E', (byte)'L', (byte)'F'], 0, "a program"),
    ];

    private static string? DescribeText(ReadOnlySpan<byte> start)
    {
        foreach (byte value in start)
        {
            if (value < 32 && value is not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'\f'))
            {
                return null;
            }
        }

        string text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF', ' ', '\r', '\n', '\t');
        return text.Length == 0 ? "blank"
            : text.Contains("<svg", StringComparison.OrdinalIgnoreCase) ? "an SVG drawing"
            : text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.Contains("<html", StringComparison.OrdinalIgnoreCase) ? "an HTML page (perhaps a download that failed)"
            : text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) ? "an XML document"
            : text.StartsWith("version https://git-lfs", StringComparison.Ordinal) ? "a Git LFS pointer (fetch the file itself with 'git lfs pull')"
            : text[0] is '{' or '[' ? "a JSON text"
            : "a text file";
    }
}
