using System.Runtime.InteropServices;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>While it lives, blocks and threads run from the last to the first, if asked.</summary>
internal sealed unsafe class ThreadOrder : IDisposable
{
    private static readonly Lazy<nint> Export = new(() =>
        NativeLibrary.GetExport(NativeLibrary.Load(Environment.GetEnvironmentVariable("VGGCUDA_LIBCUDA")!), "fakecuda_reverse"));

    public ThreadOrder(bool reversed) => Set(reversed);

    public void Dispose() => Set(false);

    private static void Set(bool reversed) => ((delegate* unmanaged<int, void>)Export.Value)(reversed ? 1 : 0);
}
