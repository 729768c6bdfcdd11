using System.Buffers.Binary;
using VggCuda.Hdf5Loader.Format;
using VggCuda.Hdf5Loader.Keras;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Where the structures of a sound base file lie, told by the reader itself.</summary>
internal sealed class Anatomy
{
    private static readonly Dictionary<string, Anatomy> Known = [];

    private Anatomy(string name)
    {
        Bytes = FixtureFiles.Bytes(name);
        using MemorySource whole = new(Bytes);
        long start = 0;
        ByteSource part = whole;
        if (name.EndsWith(".keras", StringComparison.Ordinal))
        {
            PartSource member = Keras.KerasArchive.Open(whole).Weights;
            (part, start) = (member, member.Start);
        }

        using KerasWeights weights = KerasWeights.Open(Bytes, name);
        Digests = FixtureFiles.Digests(weights);
        Hdf5File file = Hdf5File.TryOpen(part)!;
        start += file.UserBlock;
        // The same walk as the loader's: all that it reads is structure that damage matters in.
        foreach (KerasTensor tensor in weights.Inspection.Tensors)
        {
            Hdf5Object found = file.Find(file.Root, tensor.Path)!;
            Hdf5Dataset dataset = Hdf5Dataset.Read(file, found);
            Headers[tensor.Path] = (int)(start + (long)found.Header.Address);
            Data.AddRange(dataset.Extents.Select(e => e with { Start = e.Start + start }));
            for (string path = tensor.Path; path.Contains('/', StringComparison.Ordinal);)
            {
                path = path[..path.LastIndexOf('/')];
                Hdf5Object group = file.Find(file.Root, path)!;
                _ = group.Names("weight_names");
                _ = group.Names("layer_names");
                Headers[path] = (int)(start + (long)group.Header.Address);
            }
        }

        _ = file.Root.Names("layer_names");
        Headers[""] = (int)(start + (long)file.Root.Header.Address);
        Structure = [.. file.Metadata.Extents.Select(e => e with { Start = e.Start + start })];
        Start = (int)start;
    }

    public byte[] Bytes { get; }

    /// <summary>Where addresses count from.</summary>
    public int Start { get; }

    public SortedDictionary<string, string> Digests { get; }

    /// <summary>Blocks of metadata, in the order of reading.</summary>
    public Extent[] Structure { get; }

    /// <summary>Raw data, whole tensors or chunks.</summary>
    public List<Extent> Data { get; } = [];

    /// <summary>Object headers by path; "" is the root's.</summary>
    public Dictionary<string, int> Headers { get; } = [];

    public static Anatomy Of(string name)
    {
        lock (Known)
        {
            if (!Known.TryGetValue(name, out Anatomy? anatomy))
            {
                Known[name] = anatomy = new Anatomy(name);
            }

            return anatomy;
        }
    }

    /// <summary>The first block with a description and, where given, a signature.</summary>
    public Extent Block(string what, string? signature = null, int skip = 0) => Structure
        .Where(e => e.What.Contains(what, StringComparison.Ordinal) && (signature is null || Signature(e) == signature))
        .Skip(skip).First();

    /// <summary>The messages of an object header: type, place of the data, length, and the block that a checksum may cover.</summary>
    public IEnumerable<(int Type, int At, int Length, int BlockStart, int BlockLength)> Messages(string path)
    {
        int header = Headers[path];
        bool old = Bytes[header] == 1;
        Queue<(int Start, int Length)> blocks = new();
        int flags = old ? 0 : Bytes[header + 5];
        if (old)
        {
            blocks.Enqueue((header + 16, BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(header + 8))));
        }
        else
        {
            int prefix = 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0);
            int sizeBytes = 1 << (flags & 3);
            int size = sizeBytes == 1 ? Bytes[header + prefix] : BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(header + prefix));
            blocks.Enqueue((header, prefix + sizeBytes + size + 4));
        }

        while (blocks.TryDequeue(out (int Start, int Length) block))
        {
            int head = old ? 8 : (flags & 4) != 0 ? 6 : 4;
            int at = old ? block.Start : block.Start == header ? block.Start + 6 + ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0) + (1 << (flags & 3)) : block.Start + 4;
            int end = block.Start + block.Length - (old ? 0 : 4);
            while (at + head <= end)
            {
                int type = old ? BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at)) : Bytes[at];
                int length = BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at + (old ? 2 : 1)));
                yield return (type, at + head, length, block.Start, block.Length);
                if (type == 0x10)
                {
                    blocks.Enqueue((Start + (int)BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(at + head)), (int)BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(at + head + 8))));
                }

                at += head + length;
            }
        }
    }

    private string Signature(Extent extent) => System.Text.Encoding.ASCII.GetString(Bytes, (int)extent.Start, (int)Math.Min(4, extent.Length));
}
