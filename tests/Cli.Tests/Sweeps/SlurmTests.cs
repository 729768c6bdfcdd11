using System.Diagnostics;
using VggCuda.Cli.Tests.Support;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>A sweep as an array on a real Slurm, where one is installed: <c>eng/slurm-check</c>.</summary>
public sealed class SlurmTests : IDisposable
{
    private const int Missing = 77;
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task An_array_whose_tasks_are_killed_queued_again_and_ended_by_time_draws_what_one_run_draws()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Slurm runs on Linux");
        ProcessStartInfo start = new(Path.Combine(SourceTree.Root, "eng", "slurm-check"), [Child.Program, _shell.PathOf("check")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["ITERATIONS"] = "48";
        start.Environment["HOME"] = _shell.PathOf("home");
        Directory.CreateDirectory(_shell.PathOf("check"));
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> written = process.StandardOutput.ReadToEndAsync();
        string said = await errors;
        string output = await written;
        await process.WaitForExitAsync();
        Assert.SkipWhen(process.ExitCode == Missing, said.Trim());
        Assert.True(process.ExitCode == 0, output + said);
        Assert.Contains("the same as the single run's, byte for byte", output, StringComparison.Ordinal);
    }
}
