using System.Collections.Concurrent;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The modules of all operations, each loaded into a context when a kernel of it is first launched, and how large a launch on its device should be.</summary>
internal sealed class KernelLibrary : IDisposable
{
    private const int MostCounters = 1 << 14;
    private const int Block = VggCuda.Kernels.Operations.Kernel.Block;
    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Signatures = [];
    private readonly Dictionary<string, CudaModule> _modules = [];
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly int _mostBlocks;
    private DeviceMemory? _counters;

    /// <summary>Creates the library; nothing is loaded yet.</summary>
    public KernelLibrary(CudaContext context, CudaStream stream)
    {
        _context = context;
        _stream = stream;

        // Eight blocks of 256 threads fill a multiprocessor; twice that evens out their ends.
        _mostBlocks = 16 * context.Attribute(CuDeviceAttribute.MultiprocessorCount);
    }

    /// <summary>Names of the embedded PTX files, without their ending.</summary>
    public static IEnumerable<string> Names =>
        typeof(KernelLibrary).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".ptx", StringComparison.Ordinal)).Select(n => n[..^4]).Order(StringComparer.Ordinal);

    /// <summary>An operation's PTX.</summary>
    public static byte[] Ptx(string operation)
    {
        Assembly assembly = typeof(KernelLibrary).Assembly;
        using Stream stream = assembly.GetManifestResourceStream(operation + ".ptx")
            ?? throw new InvalidOperationException($"{operation}.ptx is not embedded in {assembly.GetName().Name}; run eng/make-ptx and build again.");
        using DeflateStream unpacked = new(stream, CompressionMode.Decompress);
        using MemoryStream text = new();
        unpacked.CopyTo(text);
        return text.ToArray();
    }

    /// <summary>A kernel of an operation.</summary>
    /// <param name="operation">The name of its .cu.</param>
    /// <param name="name">The kernel's name there.</param>
    public Kernel Kernel(string operation, string name)
    {
        IReadOnlyDictionary<string, string> signatures = Signatures.GetOrAdd(operation, static o => KernelSignature.Read(Encoding.ASCII.GetString(Ptx(o))));
        return signatures.TryGetValue(name, out string? signature)
            ? new Kernel(this, operation, name, signature, _stream)
            : throw new InvalidOperationException($"{operation}.ptx has no kernel '{name}'.");
    }

    /// <summary>The kernel in its module, which is loaded where it is not.</summary>
    /// <exception cref="CudaException">The driver's compiler does not take the module.</exception>
    internal CudaFunction Function(string operation, string name) => Load(operation).Function(name);

    /// <summary>An operation's module, loaded where it is not.</summary>
    /// <inheritdoc cref="Function"/>
    internal CudaModule Load(string operation)
    {
        if (!_modules.TryGetValue(operation, out CudaModule? module))
        {
            if (_stream.IsCapturing)
            {
                throw new InvalidOperationException($"{operation}.ptx would be loaded while a step is captured, which CUDA does not allow; run the step once before.");
            }

            module = CudaModule.Load(_context, operation + ".ptx", Ptx(operation));
            _modules.Add(operation, module);
        }

        return module;
    }

    /// <summary>uint32 numbers that are 0 between launches: by them the last block of several knows that it is.</summary>
    /// <param name="count">How many a launch needs.</param>
    /// <exception cref="ArgumentException">More than there are.</exception>
    public DevicePointer Counters(long count)
    {
        if (count > MostCounters)
        {
            throw new ArgumentException($"A launch with {count} groups of blocks; there are counters for {MostCounters}.");
        }

        if (_counters is null)
        {
            _counters = DeviceMemory.Allocate(_context, MostCounters * sizeof(uint), "counters of blocks");
            _stream.Clear(_counters.Pointer, _counters.Bytes);
        }

        return _counters.Pointer;
    }

    /// <summary>Blocks for a loop over <paramref name="threads"/> threads' work: as many as it has, at most as many as the device holds twice over.</summary>
    /// <remarks>Only for kernels whose result does not depend on the number of blocks.</remarks>
    public int Blocks(long threads) => (int)Math.Clamp((threads + Block - 1) / Block, 1, _mostBlocks);

    /// <summary>The same per image, where blockIdx.y is the image.</summary>
    public Dim3 BlocksPerImage(long threadsPerImage, int images)
    {
        if (images > 65535)
        {
            throw new ArgumentException($"A batch of {images} images; at most 65535 can be launched at once.");
        }

        int most = Math.Max(1, _mostBlocks / images);
        return new Dim3((uint)Math.Clamp((threadsPerImage + Block - 1) / Block, 1, most), (uint)images);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CudaModule module in _modules.Values)
        {
            module.Dispose();
        }

        _modules.Clear();
        _counters?.Dispose();
        _counters = null;
    }
}
