using System.Reflection;
using System.Text;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>The modules of all operations, loaded into a context, and how large a launch on its device should be.</summary>
internal sealed class KernelLibrary : IDisposable
{
    private const int Block = VggCuda.Kernels.Operations.Kernel.Block;
    private readonly Dictionary<string, (CudaModule Module, IReadOnlyDictionary<string, string> Signatures)> _modules = [];
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly int _mostBlocks;

    /// <summary>Creates the library; modules are loaded when an operation is made of them, before any capture.</summary>
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
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }

    /// <summary>A kernel of an operation.</summary>
    /// <param name="operation">The name of its .cu.</param>
    /// <param name="name">The kernel's name there.</param>
    public Kernel Kernel(string operation, string name)
    {
        if (!_modules.TryGetValue(operation, out (CudaModule Module, IReadOnlyDictionary<string, string> Signatures) loaded))
        {
            byte[] ptx = Ptx(operation);
            loaded = (CudaModule.Load(_context, operation + ".ptx", ptx), KernelSignature.Read(Encoding.ASCII.GetString(ptx)));
            _modules.Add(operation, loaded);
        }

        return loaded.Signatures.TryGetValue(name, out string? signature)
            ? new Kernel(loaded.Module.Function(name), signature, _stream)
            : throw new InvalidOperationException($"{operation}.ptx has no kernel '{name}'.");
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
        foreach ((CudaModule module, _) in _modules.Values)
        {
            module.Dispose();
        }

        _modules.Clear();
    }
}
