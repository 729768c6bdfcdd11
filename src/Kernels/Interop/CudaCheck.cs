using System.Runtime.CompilerServices;
using VggCuda.Engine.Backends;

namespace VggCuda.Kernels.Interop;

/// <summary>Level 2: turns results into exceptions.</summary>
internal static class CudaCheck
{
    /// <summary>Checks a driver call made outside any context. Inside one, <see cref="CudaContext.Check"/> does it and remembers fatal failures.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call, as written at the call site.</param>
    public static void ThrowIfFailed(CuResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CuResult.Success)
        {
            throw Exception(result, call, null);
        }
    }

    /// <summary>The exception for a driver result that is not success.</summary>
    /// <param name="result">The result.</param>
    /// <param name="call">The call, as written at the call site.</param>
    /// <param name="context">What was going on; may be null.</param>
    public static DeviceException Exception(CuResult result, string call, string? context)
    {
        string advice = string.Join(' ', new[] { CuResults.Advice(result), context }.Where(s => s is not null));
        string text = CuDriver.Describe(result);
        call = Shorten(call);
        if (CuResults.IsFatal(result))
        {
            return new CudaFatalException("CUDA", call, (int)result, text, advice + (advice.Length > 0 ? " " : "") + "The context is unusable, and by NVIDIA's word CUDA is for this process: end it and start a new one.");
        }

        CudaException failure = new("CUDA", call, (int)result, text, advice.Length > 0 ? advice : null);
        return result == CuResult.OutOfMemory ? new DeviceMemoryException(failure.Message, 0, FreeMemory(), failure) : failure;
    }

    /// <summary>Bytes free on the current context's device, or null where it cannot be asked.</summary>
    public static long? FreeMemory() => CuDriver.cuMemGetInfo_v2(out nuint free, out _) == CuResult.Success ? (long)free : null;

    /// <summary>"CuDriver.cuMemAlloc_v2(out pointer, bytes)" to "cuMemAlloc_v2"; words with spaces stay as they are.</summary>
    public static string Shorten(string call)
    {
        int end = call.IndexOf('(', StringComparison.Ordinal);
        string name = end < 0 ? call : call[..end];
        return name.Contains(' ', StringComparison.Ordinal) ? call : name[(name.LastIndexOf('.') + 1)..];
    }
}
