namespace VggCuda.Kernels.Operations;

/// <summary>One kernel in its three number types.</summary>
/// <param name="operation">The name of its .cu.</param>
/// <param name="name">The kernel's name without the type's suffix.</param>
internal sealed class ElementKernels(KernelLibrary library, string operation, string name)
{
    private readonly Kernel _float32 = library.Kernel(operation, name + "_f32");
    private readonly Kernel _float16 = library.Kernel(operation, name + "_f16");
    private readonly Kernel _bfloat16 = library.Kernel(operation, name + "_bf16");

    /// <summary>The kernel for a type.</summary>
    public Kernel this[ElementType type] => type switch
    {
        ElementType.Float32 => _float32,
        ElementType.Float16 => _float16,
        ElementType.BFloat16 => _bfloat16,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The network's number types are float32, float16 and bfloat16."),
    };

    /// <summary>Kernels that take eight neighbouring numbers at once need their count to be a multiple of eight.</summary>
    public static void RequireEights(int count, string what)
    {
        if (count % 8 != 0)
        {
            throw new ArgumentException($"{count} {what}; a multiple of 8 is needed (pad with zeros).");
        }
    }
}
