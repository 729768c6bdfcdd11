using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary>The memory of the real program: as --dry-run forecasts it, and within what a control group allows.</summary>
public sealed partial class MemoryTests : IDisposable
{
    private const string Group = "/sys/fs/cgroup/memory";
    private readonly Shell _shell = new();

    public MemoryTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc and control groups");

    public void Dispose() => _shell.Dispose();

    // A bigger table, of full-size weights: docs/command-line.md, made by eng/memory-table.
    [Theory]
    [InlineData("--class bird --iterations 5")]
    [InlineData("--class bird --count 32 --iterations 2")]
    [InlineData("--layer block5_conv3 --filter 1 --iterations 2 --size 1024")]
    [InlineData("--layer block3_conv1 --filter 1,2,3,4 --iterations 2 --size 384 --raw a.npy")]
    [InlineData("--layer block2_conv1 --filter 1 --iterations 20 --size 512 --gif a.gif")]
    public void The_forecast_is_within_a_tenth_of_what_is_taken(string line)
    {
        using Child dry = Child.Start(_shell, ["activate", "--weights", "demo", "--device", "cpu", .. line.Split(' '), "--out", "a.png", "--dry-run"]);
        Assert.True(dry.Wait() == 0, dry.Error);
        double shown = double.Parse(Total().Match(dry.Output).Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture);

        // What the garbage collector has not taken yet when memory is at its peak differs from run to run.
        List<(double Peak, double Forecast)> runs = [];
        do
        {
            using Child run = Child.Start(_shell, ["activate", "--weights", "demo", "--device", "cpu", .. line.Split(' '), "--out", "a.png", "--verbose"]);
            Assert.True(run.Wait() == 0, run.Error);
            Match memory = Peak().Match(run.Error);
            runs.Add((double.Parse(memory.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(memory.Groups[2].Value, CultureInfo.InvariantCulture)));
        }
        while (runs.Count < 3 && !IsForecast(runs[^1]));

        Assert.True(IsForecast(runs[^1]), $"shown {shown}; peaks and forecasts {string.Join(", ", runs)}");

        bool IsForecast((double Peak, double Forecast) run) =>
            Math.Abs(run.Forecast - run.Peak) <= run.Peak * 0.1 && Math.Abs(shown - run.Peak) <= run.Peak * 0.1;
    }

    [Fact]
    public void A_run_fits_its_control_group_or_is_refused_before_it_begins()
    {
        Assert.SkipUnless(File.Exists(Group + "/memory.limit_in_bytes") && Environment.IsPrivilegedProcess, "no control groups of version 1 to be made here");
        string group = $"{Group}/vggcuda-test-{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(group);
            File.WriteAllText(group + "/memory.limit_in_bytes", (300L << 20).ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("no control group may be made here");
        }

        try
        {
            // 32 at once would take 700 MiB.
            using Child small = Inside(group, "--layer block2_conv1 --filter 1 --count 32 --size 256 --iterations 2 --verbose");
            Assert.True(small.Wait() == 0, small.Error);
            Assert.Matches("32 pictures in batches of [0-9]+", small.Error);
            Assert.True(File.Exists(_shell.PathOf("a.png")));
            using Child large = Inside(group, "--layer block2_conv1 --filter 1 --size 2048 --iterations 2");
            Assert.Equal(4, large.Wait());
            Assert.Matches(@"vggcuda: This run needs [0-9,]+ MiB of memory, and there are 300 MiB \(the machine's, or what its control group or ulimit -v leaves\)\.", large.Error);
        }
        finally
        {
            // A group goes when its last process has gone.
            for (int i = 0; i < 100 && Directory.Exists(group); i++)
            {
                using Process remove = Process.Start("rmdir", [group]);
                remove.WaitForExit();
                Thread.Sleep(remove.ExitCode == 0 ? 0 : 100);
            }
        }
    }

    [Fact]
    public void A_limit_on_the_address_space_is_told_before_the_run()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "no prlimit here");

        // .NET itself reserves some gigabytes; what is left does for a small picture.
        const string Limited = "exec prlimit --as=6000000000 ";
        using Child small = Child.StartOther(_shell, "/bin/bash", "-c", $"{Limited} '{Child.Program}' activate --weights demo --device cpu --class bird --iterations 2 --out a.png");
        Assert.True(small.Wait() == 0, small.Error);
        File.Delete(_shell.PathOf("a.png"));
        File.Delete(_shell.PathOf("a.json"));
        using Child large = Child.StartOther(_shell, "/bin/bash", "-c", $"{Limited} '{Child.Program}' activate --weights demo --device cpu --layer block2_conv1 --filter 1 --size 6144 --iterations 2 --out a.png");
        Assert.True(large.Wait() == 4, large.Error);
        Assert.Contains("what its control group or ulimit -v leaves", large.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn());
    }

    private Child Inside(string group, string line) => Child.StartOther(
        _shell, "/bin/bash", "-c", $"echo $$ > {group}/cgroup.procs && exec '{Child.Program}' activate --weights demo --device cpu --out a.png {line}");

    [GeneratedRegex(@"total at the peak .* ([0-9.,]+) MiB")]
    private static partial Regex Total();

    [GeneratedRegex(@"Memory at its peak: ([0-9]+) MiB; ([0-9]+) MiB were forecast")]
    private static partial Regex Peak();
}
