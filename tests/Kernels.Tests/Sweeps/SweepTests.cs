using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Kernels.Tests.Fake;

namespace VggCuda.Kernels.Tests.Sweeps;

/// <summary>Sweeps over the stand-in's two GPUs: a process for each, one of which is killed.</summary>
public sealed partial class SweepTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vggcuda-sweep").FullName;

    public SweepTests()
    {
        FakeCuda.Require();
        using HeWeights weights = new(new Topology([[2, 2], [2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]], Head.Create(1, 4, 4, 5)), 7);
        PlainWeightsFile.Write(weights, Path.Combine(_folder, "net.h5"), overwrite: true);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_gpu_gets_a_worker()
    {
        // The stand-in's two GPUs have names of their own, and so count as two kinds: the one that is ready later may be left out.
        Assert.Contains("pictures to draw, on cuda:0, cuda:1.", Sweep("whole", "auto", kill: false), StringComparison.Ordinal);
        Assert.Contains("\"kernels\":\"Stand-in GPU", File.ReadAllText(Path.Combine(_folder, "whole", "engine.json")), StringComparison.Ordinal);
        Assert.Equal(7, Files("whole").Length);
    }

    [Fact]
    public void A_gpu_whose_worker_is_killed_goes_on_and_draws_the_same()
    {
        Assert.Contains("draws on cuda:1: Stand-in GPU", Sweep("whole", "cuda:1", kill: false), StringComparison.Ordinal);
        Assert.Contains("another one takes its place", Sweep("killed", "cuda:1", kill: true), StringComparison.Ordinal);
        Assert.Equal(Files("whole"), Files("killed"));
    }

    private string[] Files(string sweep) =>
        [.. Directory.EnumerateFiles(Path.Combine(_folder, sweep, "pictures"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(p => Path.GetFileName(p) + " " + Convert.ToHexString(File.ReadAllBytes(p)))];

    // What it says on both streams.
    private string Sweep(string name, string device, bool kill)
    {
        // Beside this program, in the same configuration.
        string output = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(output))!, "VggCuda.Cli", Path.GetFileName(output), "vggcuda");
        ProcessStartInfo start = new(program, ["sweep", "--weights", "net.h5", "--layers", "predictions,block1_conv1", "--iterations", "2", "--batch", "2", "--verbose", "--device", device, "--out", name])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = _folder;
        start.Environment.Remove("XDG_CACHE_HOME");
        using Process process = Process.Start(start)!;
        Task<string> said = process.StandardOutput.ReadToEndAsync();
        List<string> errors = [];
        while (process.StandardError.ReadLine() is { } line)
        {
            errors.Add(line);
            if (kill && Worker().Match(line) is { Success: true } match)
            {
                kill = false;
                Process.GetProcessById(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).Kill();
            }
        }

        process.WaitForExit();
        string all = said.Result + string.Join('\n', errors);
        Assert.True(process.ExitCode == 0, all);
        return all;
    }

    [GeneratedRegex("^Worker ([0-9]+) draws on cuda:1")]
    private static partial Regex Worker();
}
