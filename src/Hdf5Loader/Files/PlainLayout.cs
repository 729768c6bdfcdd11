using System.Buffers.Binary;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>Where everything lies in a file of the published weights' layout: the head with all structures, then the values.</summary>
/// <remarks>
/// Format: "HDF5 File Format Specification", version 3.0: superblock version 0 (II.A), object headers version 1 (IV.A.1.a),
/// symbol-table groups with version 1 B-trees and local heaps (III.A.1, III.B, III.C, III.D). That is what Keras wrote in 2016,
/// and what every HDF5 library reads. A file holds no time, no machine and no chance, so that its bytes depend on
/// names, shapes and values alone.
/// </remarks>
internal sealed class PlainLayout
{
    /// <summary>Values of each tensor begin at a multiple of this many bytes: a cache line, and any vector register.</summary>
    public const int DataAlignment = 64;

    private const int LeafK = 4;
    private const int InternalK = 16;
    private const int EntrySize = 40;
    private const ulong Undefined = ulong.MaxValue;
    private const int SuperblockSize = 96;

    private readonly HeadWriter _head = new();
    private readonly List<(int Position, Tensor Tensor)> _addresses = [];

    private PlainLayout(Topology topology)
    {
        int superblock = _head.Allocate(SuperblockSize);
        List<Link> layers = [];
        foreach (Layer layer in topology.Layers.Where(l => l.Kind != LayerKind.Input))
        {
            layers.Add(WriteLayer(layer));
        }

        Link root = WriteGroup("", layers, "layer_names", [.. layers.Select(l => l.Name)]);

        long end = Aligned(_head.Length);
        foreach ((int position, Tensor tensor) in _addresses)
        {
            tensor.Offset = end;
            _head.U64(position, end);
            end = Aligned(checked(end + (tensor.Count * sizeof(float))));
        }

        Tensors = [.. _addresses.Select(a => a.Tensor)];
        // The last tensor's bytes end the file: no padding behind them.
        Length = Tensors[^1].Offset + (Tensors[^1].Count * sizeof(float));
        WriteSuperblock(superblock, root, Length);
        Head = _head.ToArray();
    }

    /// <summary>The structures, from the file's first byte.</summary>
    public byte[] Head { get; }

    /// <summary>Size of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>The tensors in the order of their values in the file.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Lays out the file of a network.</summary>
    public static PlainLayout Of(Topology topology) => new(topology);

    private static long Aligned(long position) => (position + DataAlignment - 1) / DataAlignment * DataAlignment;

    private Link WriteLayer(Layer layer)
    {
        if (!layer.HasWeights)
        {
            return WriteGroup(layer.Name, [], "weight_names", []);
        }

        // The names of the published file: "_1" because its model was the second built in that process.
        string kernel = $"{layer.Name}_W_1:0";
        string bias = $"{layer.Name}_b_1:0";
        Link[] datasets =
        [
            WriteDataset(kernel, layer.KernelShape, new Tensor(layer.Name, WeightPart.Kernel, layer.ParameterCount - layer.Outputs)),
            WriteDataset(bias, [layer.Outputs], new Tensor(layer.Name, WeightPart.Bias, layer.Outputs)),
        ];
        return WriteGroup(layer.Name, datasets, "weight_names", [kernel, bias]);
    }

    private Link WriteDataset(string name, int[] shape, Tensor tensor)
    {
        byte[] space = Hdf5Messages.Dataspace(shape);
        byte[] layout = Hdf5Messages.ContiguousLayout(tensor.Count * sizeof(float));
        int header = WriteObjectHeader(
            [(1, space), (3, Hdf5Messages.Float32), (5, Hdf5Messages.NoFillValue), (8, layout)],
            out int[] bodies);
        _addresses.Add((bodies[3] + Hdf5Messages.LayoutAddressOffset, tensor));
        return new Link(name, header, null);
    }

    private Link WriteGroup(string name, IReadOnlyList<Link> links, string attribute, string[] values)
    {
        Link[] sorted = [.. links.OrderBy(l => l.Name, StringComparer.Ordinal)];
        (int heap, int[] names) = WriteHeap(sorted);
        int tree = WriteTree(sorted, names);
        byte[] symbolTable = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(symbolTable, tree);
        BinaryPrimitives.WriteInt64LittleEndian(symbolTable.AsSpan(8), heap);
        int header = WriteObjectHeader([(0x11, symbolTable), (0x0C, Hdf5Messages.NamesAttribute(attribute, values))], out _);
        return new Link(name, header, (tree, heap));
    }

    /// <summary>The local heap: the links' names, each at a multiple of 8; the empty name at 0.</summary>
    private (int Heap, int[] Names) WriteHeap(Link[] links)
    {
        int heap = _head.Allocate(32);
        int size = 8 + links.Sum(l => HeadWriter.Padded(l.Name.Length + 1));
        int data = _head.Allocate(size);
        _head.Ascii(heap, "HEAP");
        _head.U64(heap + 8, size);
        // 1 is the library's "no free block": 0 would be a position.
        _head.U64(heap + 16, 1);
        _head.U64(heap + 24, data);
        int[] names = new int[links.Length];
        int next = 8;
        for (int i = 0; i < links.Length; i++)
        {
            names[i] = next;
            _head.Ascii(data + next, links[i].Name);
            next += HeadWriter.Padded(links[i].Name.Length + 1);
        }

        return (heap, names);
    }

    /// <summary>One B-tree node over as many symbol-table nodes as the links need (at most 256 links).</summary>
    private int WriteTree(Link[] links, int[] names)
    {
        Link[][] leaves = [.. links.Chunk(2 * LeafK)];
        if (leaves.Length > 2 * InternalK)
        {
            throw new NotSupportedException($"{links.Length} links in one group; the writer makes at most {4 * LeafK * InternalK}.");
        }

        int tree = _head.Allocate(24 + (((4 * InternalK) + 1) * 8));
        _head.Ascii(tree, "TREE");
        _head.U16(tree + 6, leaves.Length);
        _head.U64(tree + 8, Undefined);
        _head.U64(tree + 16, Undefined);
        int key = tree + 24;
        int done = 0;
        foreach (Link[] leaf in leaves)
        {
            int node = _head.Allocate(8 + (2 * LeafK * EntrySize));
            _head.Ascii(node, "SNOD");
            _head.U8(node + 4, 1);
            _head.U16(node + 6, leaf.Length);
            for (int i = 0; i < leaf.Length; i++)
            {
                WriteEntry(node + 8 + (i * EntrySize), leaf[i], names[done + i]);
            }

            done += leaf.Length;
            _head.U64(key + 8, node);
            // A key is the greatest name of the child before it.
            _head.U64(key + 16, names[done - 1]);
            key += 16;
        }

        return tree;
    }

    private void WriteEntry(int position, Link link, int name)
    {
        _head.U64(position, name);
        _head.U64(position + 8, link.Header);
        if (link.Group is (int tree, int heap))
        {
            _head.U32(position + 16, 1);
            _head.U64(position + 24, tree);
            _head.U64(position + 32, heap);
        }
    }

    private int WriteObjectHeader((int Type, byte[] Body)[] messages, out int[] bodies)
    {
        int size = messages.Sum(m => 8 + HeadWriter.Padded(m.Body.Length));
        int header = _head.Allocate(16 + size);
        _head.U8(header, 1);
        _head.U16(header + 2, messages.Length);
        _head.U32(header + 4, 1);
        _head.U32(header + 8, size);
        bodies = new int[messages.Length];
        int position = header + 16;
        for (int i = 0; i < messages.Length; i++)
        {
            (int type, byte[] body) = messages[i];
            _head.U16(position, type);
            _head.U16(position + 2, HeadWriter.Padded(body.Length));
            bodies[i] = position + 8;
            _head.Bytes(position + 8, body);
            position += 8 + HeadWriter.Padded(body.Length);
        }

        return header;
    }

    private void WriteSuperblock(int position, Link root, long endOfFile)
    {
        _head.Bytes(position, [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A]);
        _head.U8(position + 13, 8);
        _head.U8(position + 14, 8);
        _head.U16(position + 16, LeafK);
        _head.U16(position + 18, InternalK);
        _head.U64(position + 32, Undefined);
        _head.U64(position + 40, endOfFile);
        _head.U64(position + 48, Undefined);
        WriteEntry(position + 56, root, 0);
    }

    private sealed record Link(string Name, int Header, (int Tree, int Heap)? Group);

    /// <summary>One tensor of the file.</summary>
    internal sealed class Tensor(string layer, WeightPart part, long count)
    {
        public string Layer { get; } = layer;

        public WeightPart Part { get; } = part;

        /// <summary>Number of values.</summary>
        public long Count { get; } = count;

        /// <summary>Position of the first value in the file, bytes.</summary>
        public long Offset { get; set; }
    }
}
