using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VggCuda.Engine.Backends;

namespace VggCuda.GpuCheck;

/// <summary>The command line's own process, from its start to its exit with the PNG written: class 20 of a full-width weights file, with nothing cached and with warm caches.</summary>
internal static class ColdStartCheck
{
    private const int WarmRuns = 3;

    public static void Run(Settings settings, CheckResult result)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "vggcuda.exe" : "vggcuda");
        if (!File.Exists(program))
        {
            throw new InvalidOperationException($"{program} is missing; eng/pack-gpu-check puts it beside gpucheck.");
        }

        string folder = Directory.CreateTempSubdirectory("gpucheck-cold").FullName;
        try
        {
            Run(settings, result, program, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(Settings settings, CheckResult result, string program, string folder)
    {
        string weights = Path.Combine(folder, "weights.h5");
        string[] small = settings.Small ? ["--width-divisor", "16", "--size", "32", "--classes", "40"] : [];
        Start(program, folder, ["weights", "synth", weights, "--seed", "20", "--quiet", .. small]);
        result.Columns("precision", "caches", "process start to exit, s", "compile, ms", "run, ms", "score, ms", "the rest, s", "PNG, bytes");
        foreach (Precision precision in settings.Small ? [Precision.Fp32] : (Precision[])[Precision.Fp16, Precision.Bf16, Precision.Fp32])
        {
            // Chosen plans and the driver's compiled kernels; both as on a machine that has never run this.
            string caches = Path.Combine(folder, "caches-" + precision);
            Directory.CreateDirectory(caches);
            Row(settings, result, program, caches, weights, precision, "empty", 1);
            Row(settings, result, program, caches, weights, precision, $"warm, median of {WarmRuns}", WarmRuns);
        }

        result.Note($"vggcuda activate --layer predictions --filter 20 --iterations {settings.Iterations}; weights in the published file's layout, {new FileInfo(weights).Length / 1048576} MiB, written just before and so in the system's cache also where the others are empty");
        bool managed = File.Exists(Path.ChangeExtension(program, ".dll"));
        result.Note(managed ? "vggcuda is compiled as it runs" : "vggcuda is compiled ahead of time (NativeAOT)");
        result.Note("empty: VGGCUDA_CACHE_DIR (cuDNN plans) and CUDA_CACHE_PATH (compiled kernels) point to new folders; the rest: starting, libraries, hashing, encoding and writing");
    }

    private static void Row(Settings settings, CheckResult result, string program, string caches, string weights, Precision precision, string name, int runs)
    {
        string png = Path.Combine(caches, "picture.png");
        string[] arguments =
        [
            "activate", "--weights", weights, "--preset", "keras-vis", "--layer", "predictions", "--filter", "20", "--iterations", settings.Iterations.ToString(CultureInfo.InvariantCulture),
            "--device", $"cuda:{settings.Device}", "--precision", precision.ToString(), "--scale", "1", "--out", png, "--quiet",
        ];
        List<(double Seconds, double[] Parts)> times = [];
        for (int i = 0; i < runs; i++)
        {
            File.Delete(png);
            double seconds = Start(program, caches, arguments);
            byte[] picture = File.ReadAllBytes(png);
            result.Require(picture.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']), $"{png} is no PNG");
            times.Add((seconds, Timings(Path.ChangeExtension(png, ".json"))));
        }

        times.Sort((a, b) => a.Seconds.CompareTo(b.Seconds));
        (double median, double[] parts) = times[times.Count / 2];
        result.Row(precision, name, median, parts[0], parts[1], parts[2], median - (parts.Sum() / 1e3), new FileInfo(png).Length);
    }

    private static double[] Timings(string record)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(record));
        JsonElement timings = document.RootElement.GetProperty("renders")[0].GetProperty("timings");
        return [timings.GetProperty("compileMs").GetDouble(), timings.GetProperty("runMs").GetDouble(), timings.GetProperty("scoreMs").GetDouble()];
    }

    /// <returns>Seconds from before the process's start to its exit.</returns>
    private static double Start(string program, string caches, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["VGGCUDA_CACHE_DIR"] = caches;
        start.Environment["CUDA_CACHE_PATH"] = caches;
        Stopwatch watch = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        double seconds = watch.Elapsed.TotalSeconds;
        return process.ExitCode == 0
            ? seconds
            : throw new InvalidOperationException($"vggcuda {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Trim()} {output.Result.Trim()}");
    }
}
