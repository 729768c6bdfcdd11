using System.Runtime.InteropServices;
using System.Text;

namespace VggCuda.Kernels.Tests.Fake;

/// <summary>The stand-in for libcuda, cuDNN and cuBLAS: built by g++ on first use, loaded through the ordinary search.</summary>
/// <remarks>One per process, and tests of this project run one after the other. Without g++ its tests are skipped, with the reason.</remarks>
internal static unsafe class FakeCuda
{
    private static readonly Lazy<nint> Library = new(Load);
    private static string? _unavailable;
    private static string _plans = "";

    /// <summary>Skips the test where there is no g++; otherwise forgets what earlier tests asked for, and checks that they left nothing.</summary>
    public static void Require()
    {
        nint library = Library.Value;
        Assert.SkipWhen(library == 0, _unavailable ?? "");
        ((delegate* unmanaged<void>)Export("fakecuda_reset"))();
    }

    /// <summary>Lets the nth call of a function, from 1, fail with a code.</summary>
    public static void Fail(string function, long nth, int code)
    {
        fixed (byte* name = Utf8(function))
        {
            ((delegate* unmanaged<byte*, CLong, int, void>)Export("fakecuda_fail"))(name, new CLong((nint)nth), code);
        }
    }

    /// <summary>Lets the nth call from now of any function fail, the driver's with the code given; 0 for none.</summary>
    public static void FailNth(long nth, int driverCode) =>
        ((delegate* unmanaged<CLong, int, void>)Export("fakecuda_fail_nth"))(new CLong((nint)nth), driverCode);

    /// <summary>Calls that can fail since the last reset or <see cref="FailNth"/>, of one function or of all.</summary>
    public static long Calls(string? function = null)
    {
        if (function is null)
        {
            return ((delegate* unmanaged<byte*, CLong>)Export("fakecuda_calls"))(null).Value;
        }

        fixed (byte* name = Utf8(function))
        {
            return ((delegate* unmanaged<byte*, CLong>)Export("fakecuda_calls"))(name).Value;
        }
    }

    /// <summary>Changes how the stand-in behaves: "devices", "driver", "memory", "capability", "fatal_for_process", "cudnn.fused", "cudnn.backward", "cudnn.fused_backward", "cudnn.float_bias", "cudnn.transforms_only", "cudnn.any".</summary>
    public static void Set(string name, long value)
    {
        fixed (byte* text = Utf8(name))
        {
            ((delegate* unmanaged<byte*, CLong, void>)Export("fakecuda_set"))(text, new CLong((nint)value));
        }
    }

    /// <summary>Deletes the plans that earlier runs of this process kept.</summary>
    public static void ForgetPlans()
    {
        if (Directory.Exists(_plans))
        {
            Directory.Delete(_plans, recursive: true);
        }
    }

    /// <summary>What a real library would have refused, a line each; empty when all was well.</summary>
    public static string Violations() => Text("fakecuda_violations");

    /// <summary>The operations of the graph that was captured last, in order.</summary>
    public static string[] LastGraph() => Text("fakecuda_last_graph").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What is alive: memory, streams, descriptors...; empty when nothing is.</summary>
    public static string Live() => Text("fakecuda_live");

    /// <summary>How much is alive: objects, and bytes of memory.</summary>
    public static long LiveCount() => Live().Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line => long.Parse(line[..line.IndexOf(' ', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Fails the test where something was misused or left behind.</summary>
    public static void AssertClean()
    {
        Assert.Equal("", Violations());
        Assert.Equal("", Live());
    }

    private static string Text(string export)
    {
        byte[] buffer = new byte[65536];
        fixed (byte* start = buffer)
        {
            int length = ((delegate* unmanaged<byte*, int, int>)Export(export))(start, buffer.Length);
            return Encoding.UTF8.GetString(buffer, 0, Math.Min(length, buffer.Length - 1));
        }
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library.Value, name);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static nint Load()
    {
        try
        {
            string? path = FakeCudaBuild.Find(out _unavailable);
            if (path is null)
            {
                return 0;
            }

            foreach (string name in new[] { "LIBCUDA", "CUDNN", "CUBLAS", "CUBLASLT", "NVRTC" })
            {
                Environment.SetEnvironmentVariable("VGGCUDA_" + name, path);
            }

            // Which engine wins a race of microseconds on a CPU says nothing, and would make results differ from run to run.
            Environment.SetEnvironmentVariable("VGGCUDA_AUTOTUNE", "0");

            // Plans are cached in a folder of this run: a test must not depend on what an earlier run left.
            _plans = Path.Combine(Path.GetTempPath(), $"vggcuda-plans-{Environment.ProcessId}");
            Environment.SetEnvironmentVariable("VGGCUDA_CACHE_DIR", _plans);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => ForgetPlans();
            return NativeLibrary.Load(path);
        }
        catch (InvalidOperationException e)
        {
            _unavailable = e.Message;
            throw;
        }
    }
}
