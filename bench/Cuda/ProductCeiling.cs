using VggCuda.Engine.Backends;
using VggCuda.Kernels;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Bench.Cuda;

/// <summary>What the device multiplies at most: a large square product by cuBLAS, the yardstick of the convolutions.</summary>
internal static unsafe class ProductCeiling
{
    private const int Repetitions = 7;

    /// <summary>TFLOP/s of a product of two square matrices, the median of some repetitions by CUDA events.</summary>
    public static double Measure(CudaBackend backend, Precision precision, int side)
    {
        long bytes = (long)side * side * Elements.Size(Elements.Of(precision));
        using DeviceMemory a = DeviceMemory.Allocate(backend.Context, bytes, "a product");
        using DeviceMemory b = DeviceMemory.Allocate(backend.Context, bytes, "a product");
        using DeviceMemory c = DeviceMemory.Allocate(backend.Context, bytes, "a product");
        using CudaEvent start = CudaEvent.Create(backend.Context, timing: true);
        using CudaEvent end = CudaEvent.Create(backend.Context, timing: true);

        // Not zeros: a GPU draws less power on them, and runs faster. 0x3c of each byte is a small number in every type.
        backend.Stream.Fill(a.Pointer, 0x3c3c3c3c, bytes / sizeof(uint));
        backend.Stream.Fill(b.Pointer, 0x3c3c3c3c, bytes / sizeof(uint));
        Multiply(backend, precision, side, a.Pointer, b.Pointer, c.Pointer);
        double[] times = new double[Repetitions];
        for (int i = 0; i < times.Length; i++)
        {
            start.Record(backend.Stream);
            Multiply(backend, precision, side, a.Pointer, b.Pointer, c.Pointer);
            end.Record(backend.Stream);
            end.Synchronize();
            times[i] = CudaEvent.Milliseconds(start, end);
        }

        Array.Sort(times);
        return 2.0 * side * side * side / times[times.Length / 2] / 1e9;
    }

    private static void Multiply(CudaBackend backend, Precision precision, int side, DevicePointer a, DevicePointer b, DevicePointer c)
    {
        (CudaDataType type, CublasComputeType compute) = precision switch
        {
            Precision.Fp16 => (CudaDataType.Float16, CublasComputeType.Float32),
            Precision.Bf16 => (CudaDataType.BFloat16, CublasComputeType.Float32),
            Precision.Tf32 => (CudaDataType.Float32, CublasComputeType.Float32FastTf32),
            _ => (CudaDataType.Float32, CublasComputeType.Float32Pedantic),
        };
        backend.Cublas.Multiply(CublasOperation.None, side, side, side, a, b, c, type, compute);
    }
}
