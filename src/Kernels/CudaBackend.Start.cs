using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels;

public sealed unsafe partial class CudaBackend
{
    private PinnedMemory? _status;
    private CublasHandle? _cublas;

    /// <summary>Whether steps become CUDA graphs.</summary>
    internal bool UseGraphs { get; } = Environment.GetEnvironmentVariable("VGGCUDA_NO_GRAPH") != "1";

    /// <summary>Times replayed steps, for benches; null for none.</summary>
    internal StepClock? StepClock { get; set; }

    /// <summary>cuDNN, bound to the stream.</summary>
    internal CudnnHandle Cudnn { get; private set; } = null!;

    /// <summary>cuBLAS, bound to the stream; created, with its workspace, for the first program that needs it.</summary>
    internal CublasHandle Cublas => _cublas ??= Own(CublasHandle.Create(Context, Stream));

    /// <summary>Device address of one int32 where kernels note the place of a value that is not finite.</summary>
    internal DevicePointer StatusPointer => _status!.DevicePointer;

    /// <summary>Throws where a half-precision pass overflowed.</summary>
    /// <exception cref="NumbersFailedException">A value was not finite; the message says where, and what to do.</exception>
    internal void ThrowIfNumbersFailed()
    {
        int mark = _status is null ? 0 : Volatile.Read(ref _status.Span<int>()[0]);
        if (mark != 0)
        {
            ClearNumbersFailed();
            throw new NumbersFailedException(NumbersFailedMessage(mark));
        }
    }

    /// <summary>Forgets what <see cref="ThrowIfNumbersFailed"/> would report.</summary>
    internal void ClearNumbersFailed() => Volatile.Write(ref _status!.Span<int>()[0], 0);

    private void Start()
    {
        _status = Own(PinnedMemory.Allocate(Context, sizeof(int)));
        Cudnn = Own(CudnnHandle.Create(Context, Stream));
        StartOperations();
        Dictionary<string, string> details = new()
        {
            ["driver"] = "CUDA " + CudaDevices.DriverVersion(),
            ["cudnn"] = CudaDevices.CudnnVersion()?.ToString() ?? "unknown",
            ["cublas"] = CudaDevices.CublasVersion()?.ToString() ?? "unknown",
            ["compute capability"] = Device.ComputeCapability.ToString(),
            ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{Device.MemoryBytes >> 20} MiB"),
            ["pci"] = Device.BusId,
        };
        if (_options.DenseWeights != DenseWeights.Full)
        {
            details["dense weights"] = "int8";
        }

        Description = new BackendDescription($"cuda:{Device.Ordinal}", Device.Name, details);
        StartNetwork();
    }

    /// <summary>Loads the modules of the image and network operations; written beside them.</summary>
    partial void StartOperations();
}
