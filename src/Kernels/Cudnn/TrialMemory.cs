using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>Memory to time plans on, filled with small numbers that neither overflow nor are zero.</summary>
internal sealed class TrialMemory : IDisposable
{
    private readonly DeviceMemory _memory;

    /// <summary>Allocates it.</summary>
    public TrialMemory(CudaContext context, CudaStream stream, ConvolutionRequest request, long workspace)
    {
        long Aligned(long bytes) => (bytes + 255) / 256 * 256;
        long large = Aligned(Math.Max(request.InputBytes, request.OutputBytes));
        long weights = Aligned(request.WeightBytes);
        long bias = Aligned(request.Outputs * sizeof(float));
        _memory = DeviceMemory.Allocate(context, (3 * large) + weights + bias + Aligned(Math.Max(workspace, 1)), $"measuring a convolution ({request})");
        try
        {
            // As half, bfloat16 and single alike: about 0.03 each.
            stream.Fill(_memory.Pointer, 0x3D003D00, _memory.Bytes / 4);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }

        DevicePointer at = _memory.Pointer;
        DevicePointer Take(long bytes)
        {
            DevicePointer here = at;
            at += bytes;
            return here;
        }

        Addresses = new ConvolutionAddresses(Take(large), Take(weights), Take(bias), Take(large), Take(large), Take(0));
    }

    /// <summary>Where everything lies.</summary>
    public ConvolutionAddresses Addresses { get; }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
