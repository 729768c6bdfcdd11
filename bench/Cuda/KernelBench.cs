using System.Globalization;
using System.Text.Json;
using VggCuda.Engine.Backends;
using VggCuda.Kernels;

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
            Console.WriteLine($"{"kernel",-34} {"size",-40} {"us",10} {"GB/s",9} {"of ceiling",11}");
            double ceiling = KernelMeasurement.Run(backend, tiny, figure =>
            {
                figures.Add(figure);
                string share = figure.OfCeiling > 0 ? string.Create(CultureInfo.InvariantCulture, $"{figure.OfCeiling:P0}") : "-";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure.Name,-34} {figure.Size,-40} {figure.Microseconds,10:F2} {figure.GigabytesPerSecond,9:F0} {share,11}"));
            });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{backend.Description.Device}; ceiling {ceiling:F0} GB/s (the fastest of the first four){(tiny ? "; tiny sizes: these figures say nothing" : "")}"));
            if (json is not null)
            {
                string beside = json + ".part";
                File.WriteAllText(beside, JsonSerializer.Serialize(new { device = backend.Description, tiny, ceilingGBs = ceiling, figures }, Indented));
                File.Move(beside, json, overwrite: true);
            }

            return 0;
        }
        catch (DeviceException e)
        {
            Console.Error.WriteLine(e.Message);
            return 3;
        }
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
