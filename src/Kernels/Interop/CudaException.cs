using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>A call into CUDA, cuDNN or cuBLAS that failed.</summary>
public class CudaException : DeviceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="library">The driver, cuDNN or cuBLAS.</param>
    /// <param name="call">The call that failed.</param>
    /// <param name="code">What it returned.</param>
    /// <param name="text">The library's own words.</param>
    /// <param name="advice">What was going on, what to do; may be null.</param>
    public CudaException(string library, string call, int code, string text, string? advice = null)
        : base($"{library}: {call} failed with {code} ({text}).{(advice is null ? "" : " " + advice)}")
    {
        Library = library;
        Call = call;
        Code = code;
    }

    /// <summary>The library: CUDA, cuDNN or cuBLAS.</summary>
    public string Library { get; }

    /// <summary>The call that failed.</summary>
    public string Call { get; }

    /// <summary>The code that it returned: CUresult, cudnnStatus_t or cublasStatus_t.</summary>
    public int Code { get; }
}

/// <summary>A failure that leaves the context unusable, such as an illegal address: the backend refuses work from then on.</summary>
/// <remarks>
/// NVIDIA's description of these errors says that the process "must be terminated and relaunched": the primary context is shared
/// by all that use CUDA in the process, and whether a second one can be had is the driver's affair. Another backend may be tried;
/// where it fails too, its exception names the first failure. Pictures that are done are safe: they have been read back.
/// </remarks>
public sealed class CudaFatalException : CudaException
{
    /// <inheritdoc cref="CudaException(string, string, int, string, string?)"/>
    public CudaFatalException(string library, string call, int code, string text, string? advice = null)
        : base(library, call, code, text, advice)
    {
    }
}
