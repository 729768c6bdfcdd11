using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>A module of kernels, compiled by the driver from PTX.</summary>
internal sealed unsafe class CudaModule : CudaHandle
{
    private const int LogBytes = 8192;

    private CudaModule(CudaContext context, string name)
        : base(context) => Name = name;

    /// <summary>What to call it in messages: the PTX file's name.</summary>
    public string Name { get; }

    /// <summary>Loads PTX; the driver compiles it, or finds it in its cache.</summary>
    /// <param name="context">Where; current.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="ptx">The text, with or without a closing NUL.</param>
    /// <exception cref="CudaException">It does not compile or load: the message holds the compiler's log.</exception>
    public static CudaModule Load(CudaContext context, string name, ReadOnlySpan<byte> ptx)
    {
        byte[] text = new byte[ptx.Length + 1];
        ptx.CopyTo(text);
        byte* errors = stackalloc byte[LogBytes];
        errors[0] = 0;
        CuJitOption* options = stackalloc CuJitOption[2] { CuJitOption.ErrorLogBuffer, CuJitOption.ErrorLogBufferSizeBytes };
        void** values = stackalloc void*[2] { errors, (void*)LogBytes };
        CudaModule module = new(context, name);
        CuResult result;
        nint raw;
        fixed (byte* image = text)
        {
            result = CuDriver.cuModuleLoadDataEx(out raw, image, 2, options, values);
        }

        if (result != CuResult.Success)
        {
            module.Dispose();
            string log = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(errors)).Trim();
            DeviceException failure = context.Failure(result, nameof(CuDriver.cuModuleLoadDataEx));
            if (log.Length == 0 || failure is not CudaException { Code: int code } || failure is CudaFatalException)
            {
                throw failure;
            }

            throw new CudaException("CUDA", string.Create(CultureInfo.InvariantCulture, $"cuModuleLoadDataEx of {name}"), code, CuDriver.Describe(result), "The driver's compiler says: " + log);
        }

        module.SetHandle(raw);
        return module;
    }

    /// <summary>Finds a kernel.</summary>
    /// <exception cref="CudaException">The module has none of that name.</exception>
    public CudaFunction Function(string name)
    {
        CuResult result = CuDriver.cuModuleGetFunction(out nint function, Raw, name);
        Context.Check(result, $"cuModuleGetFunction '{name}' in {Name}");
        return new CudaFunction(this, function, name);
    }

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CuDriver.cuModuleUnload(handle);
}

/// <summary>A kernel. Lives as long as its module.</summary>
internal sealed unsafe class CudaFunction
{
    private readonly nint _function;
    private readonly CudaModule _module;

    internal CudaFunction(CudaModule module, nint function, string name)
    {
        _module = module;
        _function = function;
        Name = name;
    }

    /// <summary>The kernel's name in its source.</summary>
    public string Name { get; }

    /// <summary>Queues a launch.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads per block.</param>
    /// <param name="sharedBytes">Dynamic shared memory.</param>
    /// <param name="arguments">Addresses of the arguments, in the kernel's order and of the kernel's types.</param>
    public void Launch(CudaStream stream, Dim3 grid, Dim3 block, int sharedBytes, void** arguments)
    {
        CudaContext context = _module.Context;
        context.NoteLaunch(Name);
        CuResult result = CuDriver.cuLaunchKernel(_function, grid.X, grid.Y, grid.Z, block.X, block.Y, block.Z, (uint)sharedBytes, stream.Raw, arguments, null);
        if (result != CuResult.Success)
        {
            throw context.Failure(result, $"cuLaunchKernel '{Name}' ({grid} blocks of {block} threads)");
        }

        if (context.SynchronousLaunches && !stream.IsCapturing)
        {
            result = CuDriver.cuStreamSynchronize(stream.Raw);
            context.Check(result, $"kernel '{Name}' ({grid} blocks of {block} threads)");
        }
    }
}

/// <summary>Extent of a grid or a block.</summary>
internal readonly record struct Dim3(uint X, uint Y = 1, uint Z = 1)
{
    /// <summary>One dimension.</summary>
    public static implicit operator Dim3(int x) => new((uint)x);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{X}x{Y}x{Z}");
}
