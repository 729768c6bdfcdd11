using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>A kernel with the types of its parameters. Lives as long as its library, which loads its module at the first launch.</summary>
internal sealed unsafe class Kernel(KernelLibrary library, string operation, string name, string signature, CudaStream stream)
{
    private CudaFunction? _function;

    /// <summary>Threads of every block.</summary>
    public const int Block = 256;

    /// <summary>Its name in the source.</summary>
    public string Name => name;

    /// <summary>The types of its parameters, as in <see cref="KernelSignature"/>.</summary>
    public string Signature => signature;

    /// <summary>Queues a launch on the library's stream; nothing is allocated, so it may be captured.</summary>
    /// <param name="grid">Blocks.</param>
    /// <param name="arguments">In the kernel's order, of the kernel's types.</param>
    /// <exception cref="ArgumentException">The arguments are not what the kernel takes.</exception>
    public void Launch(Dim3 grid, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != signature.Length)
        {
            throw new ArgumentException($"Kernel '{Name}' takes {signature.Length} arguments, not {arguments.Length}.");
        }

        int words = 0;
        foreach (KernelArgument argument in arguments)
        {
            words += argument.Words?.Length ?? 1;
        }

        ulong* values = stackalloc ulong[words];
        void** addresses = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Kind != signature[i])
            {
                throw new ArgumentException($"Argument {i} of kernel '{Name}' is of kind '{arguments[i].Kind}'; '{signature[i]}' is needed (all: {signature}).");
            }

            addresses[i] = values;
            ReadOnlySpan<ulong> own = arguments[i].Words ?? [arguments[i].Bits];
            own.CopyTo(new Span<ulong>(values, own.Length));
            values += own.Length;
        }

        _function ??= library.Function(operation, name);
        _function.Launch(stream, grid, Block, 0, addresses);
    }
}
