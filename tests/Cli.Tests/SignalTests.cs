using System.Diagnostics;
using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Signals end every wait; what a run has so far is kept, and a run under nohup goes on.</summary>
public sealed class SignalTests : IDisposable
{
    private const int HangUp = 1;
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const string Activate = "activate --weights demo --device cpu --class bird";
    private readonly Shell _shell = new();

    public SignalTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX signals");

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_dropped_connection_keeps_the_best_picture()
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"exec '{Child.Program}' {Activate} --iterations 1000000 --out b.png");
        child.WaitForError("iteration ");
        child.Signal(HangUp);
        Assert.Equal(130, child.Wait());
        Assert.Equal(["b.best.npy", "b.json", "b.png"], _shell.FilesIn());
        Assert.Equal(288, PictureFile.Read(_shell.PathOf("b.png")).Width);
    }

    [Fact]
    public void A_run_under_nohup_goes_on()
    {
        using Child child = Child.StartOther(_shell, "/usr/bin/nohup", Child.Program, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "500", "--out", "b.png");
        child.WaitForError("iteration ");
        child.Signal(HangUp);
        Assert.Equal(0, child.Wait());
        Assert.Contains("best step", child.Output, StringComparison.Ordinal);
        Assert.Contains("of 500", child.Output, StringComparison.Ordinal);
        Assert.Equal(["b.json", "b.png"], _shell.FilesIn());
    }

    // Nobody ever writes to the pipe, or reads from it.
    [Theory]
    [InlineData("predict --weights demo pipe", Interrupt)]
    [InlineData($"{Activate} --seed-image pipe --out b.png", Terminate)]
    [InlineData("activate --weights demo --plan pipe --out b.png", HangUp)]
    [InlineData("@pipe", Interrupt)]
    [InlineData($"{Activate} --iterations 1 --out pipe", Interrupt)]
    [InlineData($"{Activate} --iterations 1 --out b.png --raw pipe", Terminate)]
    [InlineData($"{Activate} --iterations 1 --out b.png --log pipe", HangUp)]
    [InlineData("summary --weights demo --svg pipe", Interrupt)]
    public void A_signal_ends_the_wait_for_a_pipe(string line, int signal)
    {
        // Without .NET's diagnostics, which wait for a debugger at a pipe of their own.
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"mkfifo pipe; export DOTNET_EnableDiagnostics=0; exec '{Child.Program}' {line}");
        Stopwatch watch = Stopwatch.StartNew();
        while (!IsWaitingForPipe(child.Id) && watch.Elapsed < TimeSpan.FromSeconds(40))
        {
            Thread.Sleep(50);
        }

        child.Signal(signal);
        Assert.Equal(130, child.Wait());
        Assert.EndsWith("Cancelled; nothing was written.\n", child.Error, StringComparison.Ordinal);
        Assert.Equal(["pipe"], _shell.FilesIn());
    }

    [Theory]
    [InlineData("summary --weights pipe")]
    [InlineData("weights info pipe")]
    [InlineData("weights verify pipe")]
    [InlineData("weights convert pipe b.h5")]
    [InlineData("summary --weights /dev/zero")]
    [InlineData("weights info /dev/stdin")]
    public void Weights_from_a_pipe_or_a_device_are_refused(string line)
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"mkfifo pipe; exec '{Child.Program}' {line} < /dev/null");
        Assert.Equal(3, child.Wait());
        Assert.Contains("is a pipe or a device; weights are read at any place of a file, so give a file.", child.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("predict --weights demo --quiet <(cat s.png)")]
    [InlineData($"{Activate} --iterations 1 --seed-image <(cat s.png) --out b.png")]
    [InlineData($"{Activate} --iterations 1 --seed-image p.npy --out b.png & cat s.npy > p.npy; wait -n")]
    [InlineData("activate --weights demo --device cpu --layer block1_conv1 --filter 0 --iterations 1 --seed-image p.npy --out b.png & cat s.npy > p.npy; wait -n")]
    [InlineData("@<(echo predict; echo s.png --weights demo)")]
    public void Inputs_may_come_through_a_pipe(string line)
    {
        File.WriteAllBytes(_shell.PathOf("s.png"), PictureFile.EncodePng(new Picture(96, 96, new byte[96 * 96 * 3])));
        Npy.Write(_shell.PathOf("s.npy"), [96, 96, 3], new float[96 * 96 * 3]);
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"mkfifo p.npy; '{Child.Program}' {line}");
        Assert.True(child.Wait() == 0, child.Error);
    }

    // The program, not the shell before it, and one of its threads in open(2) of a pipe. Where the kernel does not say, time must do.
    private static bool IsWaitingForPipe(int process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process}/exe", returnFinalTarget: false)?.Name == Path.GetFileName(Child.Program)
                && Directory.EnumerateDirectories($"/proc/{process}/task").Any(task => File.ReadAllText(task + "/wchan") is "wait_for_partner" or "fifo_open");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
