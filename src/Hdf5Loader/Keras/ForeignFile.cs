using System.Text;
using System.Text.RegularExpressions;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>What a file without an HDF5 signature is, told by its first bytes.</summary>
internal static partial class ForeignFile
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

        // Its first eight bytes are a length, which may begin with any letter.
        if (head is [_, _, _, _, _, 0, 0, 0, (byte)'{', ..])
        {
            return "is a safetensors file. Weights are read from Keras's HDF5 files.";
        }

        if (head is [_, _, _, _, (byte)'T', (byte)'F', (byte)'L', (byte)'3', ..])
        {
            return "is a TensorFlow Lite model. Weights are read from Keras's HDF5 files: load the model that it was made of in Keras, and save that.";
        }

        if (Starts("model_checkpoint_path:"))
        {
            return Checkpoint;
        }

        if (EndsAsTable(source))
        {
            return Checkpoint;
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

    private const string Checkpoint = "is part of a TensorFlow checkpoint, which this reader does not take. Load it in Keras (model.load_weights), and save the model with model.save('model.h5') or model.save_weights('model.weights.h5').";

    /// <summary>What a path is named as that is no HDF5 file by itself: the parts of TensorFlow's formats, which have no signature. Null for others.</summary>
    public static string? DescribeName(string path)
    {
        string name = Path.GetFileName(path);
        return TensorFlowData().IsMatch(name) ? Checkpoint
            : name.EndsWith(".pb", StringComparison.OrdinalIgnoreCase) ? "is a TensorFlow graph (SavedModel), which this reader does not take. Load the model in Keras, and save it with model.save('model.h5') or model.save('model.keras')."
            : name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) ? "is an ONNX model. Weights are read from Keras's HDF5 files."
            : name.EndsWith(".caffemodel", StringComparison.OrdinalIgnoreCase) ? "is a Caffe model. Weights are read from Keras's HDF5 files."
            : null;
    }

    /// <summary>What a folder is.</summary>
    public static string DescribeFolder(string path) => File.Exists(Path.Combine(path, "saved_model.pb"))
        ? "is a TensorFlow SavedModel, which this reader does not take. Load it in Keras, and save it with model.save('model.h5') or model.save('model.keras')."
        : File.Exists(Path.Combine(path, "checkpoint")) ? "is a folder with a TensorFlow checkpoint. " + Checkpoint[(Checkpoint.IndexOf(". ", StringComparison.Ordinal) + 2)..]
        : "is a directory; a file was expected.";

    // The index of a checkpoint is a table as LevelDB writes it, whose last eight bytes are always these.
    private static bool EndsAsTable(ByteSource source)
    {
        Span<byte> end = stackalloc byte[8];
        if (source.Length < 48)
        {
            return false;
        }

        source.Read(source.Length - end.Length, end);
        return end.SequenceEqual((ReadOnlySpan<byte>)[0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]);
    }

    [GeneratedRegex(@"\.data-[0-9]{5}-of-[0-9]{5}$|\.index$|^checkpoint$")]
    private static partial Regex TensorFlowData();

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
