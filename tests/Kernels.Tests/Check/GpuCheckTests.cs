using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using VggCuda.Kernels.Tests.Fake;

namespace VggCuda.Kernels.Tests.Check;

/// <summary>The check for a GPU, tried out on the stand-in: what it has found stays, whatever happens to it.</summary>
public class GpuCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vggcuda-check").FullName;

    public GpuCheckTests() => FakeCuda.Require();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_check_that_hangs_dies_or_fails_costs_the_others_nothing()
    {
        using Process run = Start("try-hang,try-crash,try-failure,versions");
        Assert.True(run.WaitForExit(120_000));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("ended after 2 s", Outcome("try-hang"));
        Assert.Equal("died of signal 6", Outcome("try-crash"));
        Assert.Equal("failed", Outcome("try-failure"));
        Assert.Equal("passed", Outcome("versions"));
        Assert.Contains(Lines(), l => l.Check == "try-failure" && l.Line.TryGetProperty("row", out _));
        Assert.Contains(Lines(), l => l.Check == "try-failure" && l.Line.TryGetProperty("failure", out JsonElement why) && why.GetString() == "InvalidOperationException: as it was asked to");
        Assert.Contains("Stand-in GPU", File.ReadAllText(Path.Combine(_folder, "report.md")), StringComparison.Ordinal);
        Assert.InRange(Directory.GetFiles(_folder).Length, 3, 8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Killed_at_any_moment_it_goes_on_where_it_was(int seed)
    {
        Random random = new(seed);
        int kills = 0;
        for (bool done = false; !done;)
        {
            HashSet<string> ended = [.. Lines().Where(l => l.Line.TryGetProperty("end", out _)).Select(l => l.Check)];
            string[] left = [.. new[] { "try-slow", "try-failure", "versions" }.Where(c => !ended.Contains(c))];
            using Process run = Start(string.Join(',', left), goesOn: true);
            done = run.WaitForExit(kills < 8 ? random.Next(150, 2500) : 120_000);
            if (!done)
            {
                run.Kill();
                run.WaitForExit();
                kills++;
            }

            // What had ended before is there still, and nothing but the last line may be torn.
            Assert.Superset(ended, (HashSet<string>)[.. Lines().Where(l => l.Line.TryGetProperty("end", out _)).Select(l => l.Check)]);
            string[] text = File.Exists(Results) ? File.ReadAllLines(Results) : [];
            Assert.All(text.SkipLast(1), line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        }

        Assert.Equal("passed", Outcome("try-slow"));
        Assert.Equal("failed", Outcome("try-failure"));
        Assert.Equal("passed", Outcome("versions"));
        Assert.Equal(Enumerable.Range(0, 20), Lines().Where(l => l.Check == "try-slow" && l.Line.TryGetProperty("row", out _)).Select(l => int.Parse(l.Line.GetProperty("row")[0].GetString()!, CultureInfo.InvariantCulture)));
        Assert.Equal(3, Lines().Count(l => l.Line.TryGetProperty("begin", out _)));
    }

    [Fact]
    public void A_killed_run_leaves_no_check_behind()
    {
        using Process run = Start("try-hang");
        int? child = null;
        Wait(() => (child = Lines().Where(l => l.Line.TryGetProperty("note", out _)).Select(l => (int?)int.Parse(l.Line.GetProperty("note").GetString()!["process ".Length..], CultureInfo.InvariantCulture)).FirstOrDefault()) is not null);
        Assert.True(Lives(child!.Value));
        run.Kill();
        Wait(() => !Lives(child.Value));

        static bool Lives(int id)
        {
            try
            {
                using Process process = Process.GetProcessById(id);
                return !process.HasExited;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void Without_time_nothing_is_begun_and_the_page_says_so()
    {
        using Process run = Start("versions", "--budget", "5");
        Assert.True(run.WaitForExit(60_000));
        Assert.Empty(Lines());
        Assert.Contains("| versions | not reached |", File.ReadAllText(Path.Combine(_folder, "report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_of_DLPack_go_in_and_out_on_the_device()
    {
        using Process run = Start("dlpack");
        Assert.True(run.WaitForExit(300_000));
        Assert.True(Outcome("dlpack") == "passed", File.ReadAllText(Path.Combine(_folder, "report.md")));
    }

    private string Results => Path.Combine(_folder, "results.jsonl");

    private static void Wait(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "it does not come");
            Thread.Sleep(20);
        }
    }

    private Process Start(string only, params string[] more) => Start(only, false, more);

    private Process Start(string only, bool goesOn, params string[] more)
    {
        // Beside this program, in the same configuration.
        string output = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string program = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(output))!, "VggCuda.GpuCheck", Path.GetFileName(output), "gpucheck");
        string[] arguments = ["run", "--small", "--out", _folder, "--scratch", Path.Combine(_folder, "scratch"), "--only", only, .. goesOn ? (string[])["--continue", _folder] : [], .. more];
        return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private string? Outcome(string check) => Lines().Where(l => l.Check == check && l.Line.TryGetProperty("end", out _)).Select(l => l.Line.GetProperty("end").GetString()).Single();

    private List<(string Check, JsonElement Line)> Lines()
    {
        List<(string, JsonElement)> lines = [];
        if (!File.Exists(Results))
        {
            return lines;
        }

        using StreamReader reader = new(new FileStream(Results, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is string line)
        {
            try
            {
                JsonElement element = JsonDocument.Parse(line).RootElement;
                lines.Add((element.GetProperty("check").GetString()!, element));
            }
            catch (JsonException)
            {
                // The torn end of a killed run.
            }
        }

        return lines;
    }
}
