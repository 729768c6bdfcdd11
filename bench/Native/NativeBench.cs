using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;

namespace VggCuda.Bench.Native;

/// <summary>What a call of the C library costs over the engine's own: both in this process, on the same kernels, asked in alternation.</summary>
internal static unsafe class NativeBench
{
    private const int Calls = 10;
    private const int Rounds = 60;
    private const int ShortCalls = 10_000;
    private const int MostSide = 64;

    public static readonly Bench Line = new("native", "What does a call of the C library cost over the engine's own? [libvggcuda.so.0]", Run);

    private static int Run(string[] arguments)
    {
        string path = Path.GetFullPath(arguments.Length > 0 ? arguments[0] : BestOf(Path.Combine(Cpu.Networks.Root, "artifacts", "native", "lib")));
        Stopwatch load = Stopwatch.StartNew();
        nint library = NativeLibrary.Load(path);
        ((delegate* unmanaged[Cdecl]<uint>)NativeLibrary.GetExport(library, "vgg_abi_version"))();
        double loading = load.Elapsed.TotalMilliseconds;

        ulong network, device;
        Check(((delegate* unmanaged[Cdecl]<byte*, byte*, ulong*, int>)NativeLibrary.GetExport(library, "vgg_network_open"))(null, null, &network));
        byte[] cpu = "cpu\0"u8.ToArray();
        fixed (byte* name = cpu)
        {
            Check(((delegate* unmanaged[Cdecl]<byte*, uint, ulong*, int>)NativeLibrary.GetExport(library, "vgg_device_open"))(name, 1, &device));
        }

        double ready = load.Elapsed.TotalMilliseconds;
        using KerasWeights weights = KerasWeights.Open(Cpu.Networks.BundledFile);
        Network own = Network.FromWeights(weights);
        using CpuBackend backend = new(1);
        Console.WriteLine("# The C library's calls\n");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{backend.Description.Device}, {backend.Description.Details["instructions"]}, one thread, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}; bundled model. Library: {Path.GetRelativePath(Cpu.Networks.Root, path)}.\n"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Loaded and called for the first time after {loading:F1} ms; bundled model and processor open after {ready:F1} ms.\n"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Microseconds of a call: median (least) of {Rounds * Calls} calls, {Calls} of one and {Calls} of the other in turn; of the short ones of {Rounds} rounds of {ShortCalls} calls.\n"));
        Console.WriteLine("| call | library | engine | library - engine, of the medians | of the least |\n|---|---|---|---|---|");

        var shapeOf = (delegate* unmanaged[Cdecl]<ulong, long*, int>)NativeLibrary.GetExport(library, "vgg_gradient_shape");
        var run = (delegate* unmanaged[Cdecl]<ulong, float*, nuint, double*, nuint, float*, nuint, int>)NativeLibrary.GetExport(library, "vgg_gradient_run");
        var version = (delegate* unmanaged[Cdecl]<uint>)NativeLibrary.GetExport(library, "vgg_abi_version");
        float[] picture = [.. Enumerable.Range(0, MostSide * MostSide * 3).Select(i => (float)(i * 7919 % 256))];
        float[] slopes = new float[picture.Length];
        double[] value = new double[1];
        Short("nothing (vgg_abi_version)", () => version());
        ulong first = Open(library, network, device, "block1_conv1:0", 32);
        Short("a handle looked up (vgg_gradient_shape)", () =>
        {
            long* shape = stackalloc long[4];
            Check(shapeOf(first, shape));
        });
        foreach ((string objective, int side) in ((string, int)[])[("block1_conv1:0", 32), ("block3_conv1:20", 64), ("predictions:20", 64)])
        {
            ulong handle = Open(library, network, device, objective, side);
            int count = side * side * 3;
            using ObjectiveGradient gradient = new(backend, own, ObjectiveText.Parse(objective, 1, own, _ => null), 1, side, side);
            Both(string.Create(CultureInfo.InvariantCulture, $"value and gradient of {objective}, {side} x {side}"), () =>
            {
                fixed (float* input = picture, output = slopes)
                fixed (double* found = value)
                {
                    Check(run(handle, input, (nuint)count, found, 1, output, (nuint)count));
                }
            }, () => gradient.Evaluate(picture.AsSpan(0, count), value, slopes.AsSpan(0, count)));
        }

        return 0;
    }

    private static ulong Open(nint library, ulong network, ulong device, string objective, int side)
    {
        ulong gradient;
        uint* options = stackalloc uint[6] { 24, 1, (uint)side, (uint)side, 0, (uint)Precision.Fp32 };
        fixed (byte* text = System.Text.Encoding.UTF8.GetBytes(objective + "\0"))
        {
            Check(((delegate* unmanaged[Cdecl]<ulong, ulong, byte*, uint*, ulong*, int>)NativeLibrary.GetExport(library, "vgg_gradient_open"))(network, device, text, options, &gradient));
        }

        return gradient;
    }

    // A call so short that the clock would be all of it.
    private static void Short(string what, Action call)
    {
        double[] rounds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < ShortCalls; i++)
            {
                call();
            }

            rounds[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / ShortCalls;
        }

        Array.Sort(rounds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {rounds[Rounds / 2]:F3} ({rounds[0]:F3}) | | | |"));
    }

    // Each call by itself, since a machine that does other things takes some of them away; a few of one kind, then of the other.
    private static void Both(string what, Action library, Action engine)
    {
        List<double> ours = [];
        List<double> own = [];
        for (int round = 0; round < Rounds; round++)
        {
            Time(library, ours);
            Time(engine, own);
        }

        ours.Sort();
        own.Sort();
        int middle = ours.Count / 2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {ours[middle]:F1} ({ours[0]:F1}) | {own[middle]:F1} ({own[0]:F1}) | {ours[middle] - own[middle]:F1} | {ours[0] - own[0]:F1} |"));
    }

    private static void Time(Action call, List<double> times)
    {
        // What the other has in the caches now.
        call();
        for (int i = 0; i < Calls; i++)
        {
            long start = Stopwatch.GetTimestamp();
            call();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    // By its path the loader does not choose, so this does, as the engine does here.
    private static string BestOf(string folder) =>
        System.Runtime.Intrinsics.X86.Avx512F.IsSupported ? Path.Combine(folder, "glibc-hwcaps", "x86-64-v4", "libvggcuda.so.0")
        : System.Runtime.Intrinsics.X86.Avx2.IsSupported ? Path.Combine(folder, "glibc-hwcaps", "x86-64-v3", "libvggcuda.so.0")
        : Path.Combine(folder, "libvggcuda.so.0");

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"The library gave the status {status}.");
        }
    }
}
