using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>step += 1.</summary>
internal sealed class Advance(KernelLibrary library)
{
    private readonly Kernel _advance = library.Kernel("Advance", "advance_f32");

    /// <summary>Queues it.</summary>
    /// <param name="step">One float32.</param>
    public void Launch(DevicePointer step) => _advance.Launch(1, step);
}
