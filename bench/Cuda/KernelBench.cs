using System.Globalization;
using System.Text.Json;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Files;
using VggCuda.Kernels;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Bench.Cuda;

/// <summary>Times every kernel of our own with CUDA events, against the traffic that its launcher expects and the memory's measured speed.</summary>
internal static class KernelBench
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Its line in the table of benches.</summary>
    public static readonly Bench Entry = new("cuda-kernels", "How fast is each CUDA kernel of our own, in GB/s and percent of the memory's measured speed? [--tiny] [--device N] [--json FILE]", Run);

    private static int Run(string[] arguments)
    {
        bool tiny = arguments.Contains("--tiny");
        string? json = Option(arguments, "--json");
        try
        {
            using CudaBackend backend = CudaBackend.Open(int.Parse(Option(arguments, "--device") ?? "0", CultureInfo.InvariantCulture));
            List<KernelFigure> figures = [];
            double ceiling = Measure(backend, tiny, figures);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{backend.Description.Device}; ceiling {ceiling:F0} GB/s (the fastest of the first four){(tiny ? "; tiny sizes: these figures say nothing" : "")}"));
            if (json is not null)
            {
                StagedFiles.Write(json, JsonSerializer.SerializeToUtf8Bytes(new { device = backend.Description, tiny, ceilingGBs = ceiling, figures }, Indented));
            }

            return 0;
        }
        catch (DeviceException e)
        {
            Console.Error.WriteLine(e.Message);
            return 3;
        }
    }

    /// <summary>Times every kernel and prints a line each.</summary>
    /// <returns>The memory's measured speed, GB/s.</returns>
    internal static double Measure(CudaBackend backend, bool tiny, List<KernelFigure> figures)
    {
        using KernelCases cases = new(backend.Context, backend.Stream, tiny ? 16 : 1);
        double ceiling = 0;
        Console.WriteLine($"{"kernel",-34} {"size",-40} {"us",10} {"GB/s",9} {"of ceiling",11}");
        Time(cases.Ceiling());
        ceiling = figures.Max(f => f.GigabytesPerSecond);
        int many = tiny ? 2 : 256;
        foreach (int images in (int[])[1, many])
        {
            Time(cases.Images(images));
            foreach (ElementType type in Enum.GetValues<ElementType>())
            {
                Time(cases.Network(images == 1 ? 1 : Math.Min(many, 16), type));
            }

            Time(cases.Top(images));
        }

        foreach (ElementType type in Enum.GetValues<ElementType>())
        {
            foreach (int images in (int[])[1, 3])
            {
                Time(cases.Dense(images, type));
            }
        }

        return ceiling;

        void Time(IEnumerable<KernelCase> list)
        {
            foreach (KernelCase one in list)
            {
                double microseconds = Median(backend, one, tiny);
                double rate = one.Bytes / microseconds / 1e3;
                KernelFigure figure = new(one.Name, one.Size, one.Bytes, microseconds, rate, ceiling > 0 ? rate / ceiling : 1);
                figures.Add(figure);
                string share = one.Bytes > 0 && ceiling > 0 ? string.Create(CultureInfo.InvariantCulture, $"{figure.OfCeiling:P0}") : "-";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.Name,-34} {one.Size,-40} {microseconds,10:F2} {rate,9:F0} {share,11}"));
            }

            cases.Release();
        }
    }

    // Launches are captured and replayed, or the host's part of a launch would be measured; the median of several replays
    // counts, the first not among them.
    internal static double Median(CudaBackend backend, KernelCase one, bool tiny)
    {
        int launches = tiny ? 1 : 20;
        double[] times = new double[tiny ? 1 : 15];
        one.Launch();
        using CudaGraph graph = backend.Stream.Capture(() =>
        {
            for (int i = 0; i < launches; i++)
            {
                one.Launch();
            }
        });
        using CudaEvent start = CudaEvent.Create(backend.Context, timing: true);
        using CudaEvent end = CudaEvent.Create(backend.Context, timing: true);
        graph.Launch(backend.Stream);
        for (int i = 0; i < times.Length; i++)
        {
            start.Record(backend.Stream);
            graph.Launch(backend.Stream);
            end.Record(backend.Stream);
            end.Synchronize();
            times[i] = CudaEvent.Milliseconds(start, end) * 1000 / launches;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
