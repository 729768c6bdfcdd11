using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>cublasStatus_t, as far as told apart.</summary>
internal enum CublasStatus
{
    Success = 0,
    AllocFailed = 3,
}

/// <summary>cublasComputeType_t.</summary>
internal enum CublasComputeType
{
    Float32 = 68,
    Float32Pedantic = 69,
    Float32FastTf32 = 77,
}

/// <summary>cudaDataType.</summary>
internal enum CudaDataType
{
    Float32 = 0,
    Float16 = 2,
    BFloat16 = 14,
}

/// <summary>cublasOperation_t.</summary>
internal enum CublasOperation
{
    None = 0,
    Transpose = 1,
}

/// <summary>Level 1: cuBLAS's functions as cublas_v2.h declares them.</summary>
internal static unsafe partial class CublasNative
{
    private const string Library = CudaLibraries.Cublas;

    static CublasNative() => CudaLibraries.Register();

    [LibraryImport(Library)] internal static partial CublasStatus cublasCreate_v2(out nint handle);
    [LibraryImport(Library)] internal static partial CublasStatus cublasDestroy_v2(nint handle);
    [LibraryImport(Library)] internal static partial CublasStatus cublasSetStream_v2(nint handle, nint stream);
    [LibraryImport(Library)] internal static partial CublasStatus cublasSetWorkspace_v2(nint handle, ulong workspace, nuint bytes);
    [LibraryImport(Library)] internal static partial CublasStatus cublasSetMathMode(nint handle, int mode);
    [LibraryImport(Library)] internal static partial CublasStatus cublasGetProperty(int property, out int value);
    [LibraryImport(Library)] internal static partial byte* cublasGetStatusName(CublasStatus status);
    [LibraryImport(Library)] internal static partial byte* cublasGetStatusString(CublasStatus status);

    // All matrices column-major. alpha and beta are host float32 for every compute type used here.
    [LibraryImport(Library)]
    internal static partial CublasStatus cublasGemmEx(
        nint handle, CublasOperation transposeA, CublasOperation transposeB, int m, int n, int k, float* alpha,
        ulong a, CudaDataType aType, int lda, ulong b, CudaDataType bType, int ldb, float* beta,
        ulong c, CudaDataType cType, int ldc, CublasComputeType compute, int algorithm);

    /// <summary>Level 2: throws where a call failed.</summary>
    internal static void ThrowIfFailed(CublasStatus status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status == CublasStatus.Success)
        {
            return;
        }

        string text = $"{Marshal.PtrToStringUTF8((nint)cublasGetStatusName(status))}: {Marshal.PtrToStringUTF8((nint)cublasGetStatusString(status))}";
        CudaException failure = new("cuBLAS", CudaCheck.Shorten(call), (int)status, text);
        throw status == CublasStatus.AllocFailed ? new DeviceMemoryException(failure.Message, 0, CudaCheck.FreeMemory(), failure) : failure;
    }
}

/// <summary>Level 3: a cuBLAS handle bound to a stream, with a workspace of its own so that its work can be captured.</summary>
internal sealed class CublasHandle : CudaHandle
{
    private const long WorkspaceBytes = 32L << 20;

    private DeviceMemory? _workspace;

    private CublasHandle(CudaContext context)
        : base(context)
    {
    }

    /// <summary>Creates a handle; the context must be current.</summary>
    public static CublasHandle Create(CudaContext context, CudaStream stream)
    {
        CublasHandle created = new(context);
        try
        {
            CublasNative.ThrowIfFailed(CublasNative.cublasCreate_v2(out nint raw));
            created.SetHandle(raw);

            // Else a product that is split along its inner side may add the pieces up in half precision.
            const int DisallowReducedPrecisionReduction = 16;
            CublasNative.ThrowIfFailed(CublasNative.cublasSetMathMode(raw, DisallowReducedPrecisionReduction));
            created._workspace = DeviceMemory.Allocate(context, WorkspaceBytes, "cuBLAS's workspace");
            CublasNative.ThrowIfFailed(CublasNative.cublasSetStream_v2(raw, stream.Raw));
            CublasNative.ThrowIfFailed(CublasNative.cublasSetWorkspace_v2(raw, created._workspace.Pointer.Address, (nuint)WorkspaceBytes));
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>Queues c = op(a) b, all matrices column-major, without gaps between columns.</summary>
    /// <param name="operation">Whether a is taken as it lies, (rows, inner), or transposed, (inner, rows).</param>
    /// <param name="rows">Of c.</param>
    /// <param name="columns">Of c.</param>
    /// <param name="inner">Of the products' sums.</param>
    /// <param name="a">Where a lies.</param>
    /// <param name="b">(inner, columns).</param>
    /// <param name="c">(rows, columns), overwritten.</param>
    /// <param name="type">Of all three.</param>
    /// <param name="compute">Of products and sums.</param>
    public unsafe void Multiply(
        CublasOperation operation, int rows, int columns, int inner, DevicePointer a, DevicePointer b, DevicePointer c, CudaDataType type, CublasComputeType compute)
    {
        const int DefaultAlgorithm = -1;
        float one = 1;
        float zero = 0;
        CublasNative.ThrowIfFailed(CublasNative.cublasGemmEx(
            Raw, operation, CublasOperation.None, rows, columns, inner, &one, a.Address, type, operation == CublasOperation.None ? rows : inner,
            b.Address, type, inner, &zero, c.Address, type, rows, compute, DefaultAlgorithm));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _workspace?.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) =>
        CublasNative.cublasDestroy_v2(handle) == CublasStatus.Success ? CuResult.Success : CuResult.Unknown;
}
