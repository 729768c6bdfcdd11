using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Programs;

/// <summary>In which form a layer's weights lie on the device.</summary>
internal enum WeightForm
{
    /// <summary>Convolution: T (out, 3, 3, in).</summary>
    Forward,

    /// <summary>Convolution, for the way back as a forward convolution: T (in, 3, 3, out), turned by 180 degrees.</summary>
    Turned,

    /// <summary>Dense: T (in, out) as Keras stores it, padded: one copy for both ways, of which neither reads the rows of inputs that are 0.</summary>
    Dense,

    /// <summary>Dense, in bytes: (in, out), and behind them float32 (out), what 127 stands for in each column.</summary>
    DenseInt8,

    /// <summary>float32 (out).</summary>
    FloatBias,

    /// <summary>T (out).</summary>
    OwnBias,
}

/// <summary>Weights on the device, shared by the programs of a network, transformed once.</summary>
/// <remarks>
/// Weights that no program uses stay until another network is loaded or memory is short: the next batch of pictures wants them
/// again. Slices of a layer go with their program. Values travel through two page-locked buffers in turn, so that reading
/// the file, copying and rearranging overlap.
/// </remarks>
internal sealed class WeightStore : IDisposable
{
    // float32 values per piece: large enough for the bus, small enough to overlap within one layer.
    private const int PieceLength = 1 << 21;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly ArrangeWeights _arrange;
    private readonly QuantizeWeights _quantize;
    private readonly Dictionary<Key, Entry> _entries = [];

    /// <summary>Creates an empty store.</summary>
    public WeightStore(CudaContext context, CudaStream stream, ArrangeWeights arrange, QuantizeWeights quantize)
    {
        _context = context;
        _stream = stream;
        _arrange = arrange;
        _quantize = quantize;
    }

    /// <summary>Bytes of a layer in a form.</summary>
    public static long BytesOf(Node node, WeightForm form, ElementType type)
    {
        int positions = node.Layer.Kind == LayerKind.Convolution ? 9 : 1;
        return form switch
        {
            WeightForm.FloatBias => (long)node.Outputs * sizeof(float),
            WeightForm.DenseInt8 => LargestOffset(node) + ((long)node.Outputs * sizeof(float)),
            WeightForm.OwnBias => (long)node.Outputs * Elements.Size(type),
            _ => (long)positions * node.Inputs * node.Outputs * Elements.Size(type),
        };
    }

    /// <summary>Where, behind the bytes of a dense layer, what 127 stands for lies.</summary>
    public static long LargestOffset(Node node) => (long)node.Inputs * node.Outputs;

    /// <summary>Brings weights to the device, unless they are there.</summary>
    /// <param name="network">Whose.</param>
    /// <param name="needs">Which.</param>
    /// <param name="type">T.</param>
    /// <param name="cancellation">Ends reading early.</param>
    /// <exception cref="WeightsException">They cannot be read.</exception>
    /// <exception cref="DeviceMemoryException">They do not fit.</exception>
    public WeightSet Acquire(Network network, IReadOnlyList<(Node Node, WeightForm Form)> needs, ElementType type, CancellationToken cancellation)
    {
        ReleaseUnused(except: network);
        WeightSet set = new(this);
        List<Entry> fresh = [];
        try
        {
            using PieceBuffers pieces = new(_context, _stream, PieceLength);
            foreach (IGrouping<Node, (Node Node, WeightForm Form)> layer in needs.GroupBy(n => n.Node))
            {
                List<(Entry Entry, WeightForm Form)> missing = [];
                foreach ((Node node, WeightForm form) in layer)
                {
                    Key key = new(network, node.Layer.Index, form, type, node.Slice is null ? "" : string.Join(',', node.Slice), node.Inputs);
                    if (!_entries.TryGetValue(key, out Entry? entry))
                    {
                        long bytes = BytesOf(node, form, type);
                        entry = new Entry(DeviceMemory.Allocate(_context, bytes, $"the weights of {node.Layer.Name}"), node.Slice is not null);
                        _entries.Add(key, entry);
                        fresh.Add(entry);
                        missing.Add((entry, form));
                        _stream.Clear(entry.Memory.Pointer, bytes);
                    }

                    set.Add(node, form, key, entry);
                }

                if (missing.Count > 0)
                {
                    Load(network.Weights, layer.Key, missing, type, pieces, cancellation);
                }
            }

            pieces.Finish();
            return set;
        }
        catch
        {
            // Half-loaded weights must not be found by the next program.
            set.Dispose();
            foreach (Key key in _entries.Where(e => fresh.Contains(e.Value)).Select(e => e.Key).ToArray())
            {
                _entries.Remove(key, out Entry? entry);
                entry!.Memory.Dispose();
            }

            throw;
        }
    }

    /// <summary>Frees weights that no program uses.</summary>
    /// <param name="except">The network whose weights stay; null for none.</param>
    public void ReleaseUnused(Network? except = null)
    {
        foreach ((Key key, Entry entry) in _entries.Where(e => e.Value.Users == 0 && e.Key.Network != except).ToArray())
        {
            _entries.Remove(key);
            entry.Memory.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Entry entry in _entries.Values)
        {
            entry.Memory.Dispose();
        }

        _entries.Clear();
    }

    private void Release(Key key, Entry entry)
    {
        entry.Users--;
        if (entry.Users == 0 && entry.IsSlice && _entries.Remove(key))
        {
            entry.Memory.Dispose();
        }
    }

    private void Load(IWeightSource source, Node node, List<(Entry Entry, WeightForm Form)> missing, ElementType type, PieceBuffers pieces, CancellationToken cancellation)
    {
        Layer layer = node.Layer;
        (Entry Entry, WeightForm Form)[] kernels = [.. missing.Where(m => m.Form is not (WeightForm.FloatBias or WeightForm.OwnBias))];
        int computed = node.ComputedOutputs;
        // Bytes are made in two passes: what 127 stands for is known when all values have been seen.
        foreach ((Entry entry, WeightForm _) in kernels.Where(k => k.Form == WeightForm.DenseInt8))
        {
            foreach ((int _, int count) in Pieces(source, node, pieces, cancellation))
            {
                _quantize.Measure(pieces.Device, entry.Memory.Pointer + LargestOffset(node), count, computed);
            }
        }

        if (kernels.Length > 0)
        {
            int channels = RowsOf(layer) / node.Positions;
            foreach ((int row, int count) in Pieces(source, node, pieces, cancellation))
            {
                foreach ((Entry entry, WeightForm form) in kernels)
                {
                    if (form == WeightForm.DenseInt8)
                    {
                        _quantize.Launch(pieces.Device, entry.Memory.Pointer + LargestOffset(node), entry.Memory.Pointer, row, count, computed, channels, Strides(node, form));
                    }
                    else
                    {
                        _arrange.Launch(pieces.Device, entry.Memory.Pointer, row, count, computed, channels, Strides(node, form), type);
                    }
                }
            }
        }

        foreach ((Entry entry, WeightForm form) in missing.Except(kernels))
        {
            Span<float> host = pieces.Next(computed);
            ReadBias(source, node, host, cancellation);
            pieces.Send();
            _arrange.Launch(pieces.Device, entry.Memory.Pointer, 0, 1, computed, 1, new WeightStrides(0, 0, 0, 1), form == WeightForm.FloatBias ? ElementType.Float32 : type);
            pieces.Sent();
        }
    }

    // Rows of Keras's kernel: (3, 3, in) or (in), where the first dense layer's in is (y, x, channel).
    private static int RowsOf(Layer layer) => checked((int)((layer.ParameterCount - layer.Outputs) / layer.Outputs));

    // A layer's kernel, piece by piece: each lies on the device while the caller queues what reads it.
    private static IEnumerable<(int FirstRow, int Rows)> Pieces(IWeightSource source, Node node, PieceBuffers pieces, CancellationToken cancellation)
    {
        int rows = RowsOf(node.Layer);
        int rowsPerPiece = Math.Max(1, PieceLength / node.Layer.Outputs);
        for (int row = 0; row < rows; row += rowsPerPiece)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(rowsPerPiece, rows - row);
            ReadRows(source, node, row, count, pieces.Next(count * node.ComputedOutputs), cancellation);
            pieces.Send();
            yield return (row, count);
            pieces.Sent();
        }
    }

    private static WeightStrides Strides(Node node, WeightForm form) => form switch
    {
        WeightForm.Forward => new(0, node.Inputs, 1, 9L * node.Inputs),
        WeightForm.Turned => new(8L * node.Outputs, -(long)node.Outputs, 9L * node.Outputs, 1),
        _ => new(0, (long)(node.Inputs / node.Positions) * node.Outputs, node.Outputs, 1),
    };

    private static void ReadRows(IWeightSource source, Node node, int row, int count, Span<float> host, CancellationToken cancellation)
    {
        int outputs = node.Layer.Outputs;
        if (node.Slice is null)
        {
            source.Read(node.Layer.Name, WeightPart.Kernel, (long)row * outputs, host, cancellation);
            return;
        }

        float[] whole = new float[count * outputs];
        source.Read(node.Layer.Name, WeightPart.Kernel, (long)row * outputs, whole, cancellation);
        int at = 0;
        for (int r = 0; r < count; r++)
        {
            foreach (int output in node.Slice)
            {
                host[at++] = whole[(r * outputs) + output];
            }
        }
    }

    private static void ReadBias(IWeightSource source, Node node, Span<float> host, CancellationToken cancellation)
    {
        float[] whole = new float[node.Layer.Outputs];
        source.Read(node.Layer.Name, WeightPart.Bias, 0, whole, cancellation);
        for (int i = 0; i < host.Length; i++)
        {
            host[i] = whole[node.Slice?[i] ?? i];
        }
    }

    // The first dense layer's stored inputs say how the values before it are padded.
    internal readonly record struct Key(Network Network, int Layer, WeightForm Form, ElementType Type, string Slice, int Inputs);

    internal sealed class Entry(DeviceMemory memory, bool isSlice)
    {
        public DeviceMemory Memory { get; } = memory;

        public bool IsSlice { get; } = isSlice;

        public int Users { get; set; }
    }

    /// <summary>The weights that one program uses; disposing gives them back.</summary>
    internal sealed class WeightSet(WeightStore store) : IDisposable
    {
        private readonly Dictionary<(Node, WeightForm), (Key Key, Entry Entry)> _held = [];

        /// <summary>Device address of a layer's weights.</summary>
        public DevicePointer this[Node node, WeightForm form] => _held[(node, form)].Entry.Memory.Pointer;

        internal void Add(Node node, WeightForm form, Key key, Entry entry)
        {
            if (_held.TryAdd((node, form), (key, entry)))
            {
                entry.Users++;
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            foreach ((Key key, Entry entry) in _held.Values)
            {
                store.Release(key, entry);
            }

            _held.Clear();
        }
    }
}
