using System.Text;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>What a file without an HDF5 signature is, told by its first bytes.</summary>
internal static class ForeignFile
{
    /// <summary>Says what the file is and what to do.</summary>
    public static string Describe(ByteSource source)
    {
        byte[] head = new byte[(int)Math.Min(source.Length, 512)];
        source.Read(0, head);
        string text = Encoding.Latin1.GetString(head).TrimStart('\uFEFF', 'ï', '»', '¿', ' ', '\t', '\r', '\n');
        if (source.Length == 0)
        {
            return "is empty. Download or copy it again.";
        }

        if (head.All(b => b == 0))
        {
            return "begins with zero bytes, as an interrupted download may leave them. Download it again.";
        }

        // Before any text: its first byte is the low one of a length, and may be any character.
        if (head is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..])
        {
            return "is a safetensors file. Weights are read from Keras's HDF5 files.";
        }

        if (Starts("<!doctype html") || Starts("<html") || Starts("<head"))
        {
            return "is a web page, probably a server's error message. Download the weights again and look at the address.";
        }

        if (Starts("<"))
        {
            return "is an XML document, probably a server's error message. Download the weights again and look at the address.";
        }

        if (Starts("version https://git-lfs"))
        {
            return "is a Git LFS pointer, not the file itself. Run 'git lfs pull' in its repository.";
        }

        if (Starts("{") || Starts("["))
        {
            return text.Contains("weight_map", StringComparison.Ordinal)
                ? "is the index of weights in several files (shards), which this reader does not take. Save them in one file."
                : "is JSON, not weights: a model's description or a server's message.";
        }

        return Binary(head) ?? "is not an HDF5 file: it has no HDF5 signature.";

        bool Starts(string start) => text.StartsWith(start, StringComparison.OrdinalIgnoreCase);
    }

    private static string? Binary(ReadOnlySpan<byte> head) => head switch
    {
        [0x1F, 0x8B, ..] => "is compressed with gzip. Unpack it (gunzip) and give the file inside.",
        [(byte)'B', (byte)'Z', (byte)'h', ..] => "is compressed with bzip2. Unpack it and give the file inside.",
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "is compressed with xz. Unpack it and give the file inside.",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "is compressed with zstd. Unpack it and give the file inside.",
        [(byte)'7', (byte)'z', 0xBC, 0xAF, ..] => "is a 7-Zip archive. Unpack it and give the file inside.",
        [0x80, >= 2 and <= 5, ..] => "is a Python pickle, which can run programs when it is loaded; this reader takes Keras's HDF5 files only.",
        [(byte)'(', (byte)'d' or (byte)'l', ..] or [(byte)'c', (byte)'_', (byte)'_', ..] => "is a Python pickle, which can run programs when it is loaded; this reader takes Keras's HDF5 files only.",
        [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => "is a NumPy array. Weights are read from Keras's HDF5 files.",
        [0x0E, 0x03, 0x13, 0x01, ..] => "is an HDF4 file. Convert it to HDF5 (h4toh5).",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [0xFF, 0xD8, 0xFF, ..] => "is a picture, not weights.",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => "is a PDF document, not weights.",
        _ => null,
    };
}
