using System.Diagnostics;
using System.Text.Json;
using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>What only a process of its own shows: signals, file-size limits, terminals, standard output that is full.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int Kill = 9;
    private readonly Shell _shell = new();

    public ProcessTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "POSIX signals and shells");

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public void A_signal_keeps_the_best_picture_and_says_how_to_go_on(int signal)
    {
        using Child child = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1000000", "--out", "b.png");
        child.WaitForError("iteration ");
        child.Signal(signal);
        Assert.Equal(130, child.Wait());
        Assert.Contains("of 1000000 iterations; the best picture so far is in b.png.", child.Error, StringComparison.Ordinal);
        Assert.Contains("--seed-image b.best.npy", child.Error, StringComparison.Ordinal);
        Assert.Equal(["b.best.npy", "b.json", "b.png"], _shell.FilesIn());
        Assert.Equal(288, PictureFile.Read(_shell.PathOf("b.png")).Width);
        JsonElement render = JsonDocument.Parse(File.ReadAllBytes(_shell.PathOf("b.json"))).RootElement.GetProperty("renders")[0];
        Assert.True(render.GetProperty("cancelled").GetBoolean());
        Assert.InRange(render.GetProperty("pictures")[0].GetProperty("steps").GetInt32(), 1, 999_999);

        _shell.Run("activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1", "--out", "~/c.png", "--seed-image", "~/b.best.npy").Succeeded();
    }

    [Fact]
    public void A_cancelled_recipe_keeps_the_picture_it_was_at_and_its_record()
    {
        using Child child = Child.Start(_shell, "recipe", "--weights", "demo", "--device", "cpu", "--iterations", "1000000");
        child.WaitForError("iteration ");
        child.Signal(Interrupt);
        Assert.Equal(130, child.Wait());
        Assert.Contains("the best pictures so far are in out/predictions-20.png.", child.Error, StringComparison.Ordinal);
        Assert.Equal(["predictions-20.png", "recipe.json"], _shell.FilesIn("out"));
    }

    [Fact]
    public void A_second_signal_ends_at_once()
    {
        // The arrays go to a pipe that nobody empties, so after the first signal the command cannot come to its end.
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"mkfifo pipe; exec 3<>pipe; exec '{Child.Program}' activate --weights demo --device cpu --class bird --count 8 --iterations 1000000 --out b.png --raw /dev/fd/3");
        child.WaitForError("iteration ");
        child.Signal(Interrupt);
        child.SignalUntilEnd(Interrupt);
        Assert.Equal(130, child.Wait());
        Assert.Contains("Ended at once", child.Error, StringComparison.Ordinal);
        Assert.Equal(["pipe"], _shell.FilesIn());
    }

    [Theory]
    [InlineData("-o - > f.png")]
    [InlineData("-o /dev/stdout > f.png")]
    [InlineData("-o /proc/self/fd/1 > f.png")]
    [InlineData("-o link.png > f.png")]
    [InlineData("-o - | cat > f.png")]
    [InlineData("-o /dev/stdout | cat > f.png")]
    [InlineData("-o /dev/fd/3 3> f.png")]
    public void A_picture_goes_to_standard_output_whatever_it_is_called(string output)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors as paths");
        File.CreateSymbolicLink(_shell.PathOf("link.png"), "/dev/stdout");
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' activate --weights demo --device cpu --class bird --iterations 1 {output}");
        Assert.Equal(0, child.Wait());
        Assert.Equal(288, PictureFile.Read(_shell.PathOf("f.png")).Width);
        Assert.Contains("best step 1 of 1", child.Error + child.Output, StringComparison.Ordinal);
        Assert.Equal(["f.png", "link.png"], _shell.FilesIn());
    }

    [Fact]
    public void A_picture_is_appended_where_the_shell_says_so()
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"echo first > f; '{Child.Program}' activate --weights demo --device cpu --class bird --iterations 1 -o - >> f");
        Assert.Equal(0, child.Wait());
        byte[] both = File.ReadAllBytes(_shell.PathOf("f"));
        Assert.Equal("first\n"u8, both.AsSpan(0, 6));
        Assert.Equal(288, PictureFile.Decode(both.AsMemory(6), "appended").Width);
    }

    [Fact]
    public void A_picture_for_a_standard_output_that_is_full_is_an_error()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' activate --weights demo --device cpu --class bird --iterations 1 --quiet -o - --raw a.npy > /dev/full");
        Assert.Equal(3, child.Wait());
        Assert.StartsWith("vggcuda: Standard output cannot be written", child.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn());
    }

    [Fact]
    public void What_a_killed_run_leaves_goes_with_the_next_one()
    {
        // The picture is written beside its place; then the arrays wait for a reader that never comes.
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"mkfifo pipe; exec 3<>pipe; exec '{Child.Program}' activate --weights demo --device cpu --class bird --count 8 --iterations 1 --out b.png --raw /dev/fd/3");
        Stopwatch watch = Stopwatch.StartNew();
        while (!_shell.FilesIn().Any(n => n.EndsWith(".part", StringComparison.Ordinal) && new FileInfo(_shell.PathOf(n)).Length > 1000))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), child.Error);
            Thread.Sleep(20);
        }

        child.Signal(Kill);
        child.Wait();
        Assert.Contains(_shell.FilesIn(), n => n.StartsWith(".b.png.", StringComparison.Ordinal) && n.EndsWith(".part", StringComparison.Ordinal));
        using Child next = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1", "--out", "b.png");
        Assert.Equal(0, next.Wait());
        Assert.Equal(["b.json", "b.png", "pipe"], _shell.FilesIn());
    }

    [Fact]
    public void A_folder_that_vanishes_meanwhile_is_one_clear_error()
    {
        Directory.CreateDirectory(_shell.PathOf("sub"));
        using Child child = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1000000", "--out", "sub/b.png");
        child.WaitForError("iteration ");
        Directory.Delete(_shell.PathOf("sub"));
        child.Signal(Interrupt);
        Assert.Equal(3, child.Wait());
        Assert.Contains("vggcuda: Cannot write 'sub/b.png': the folder", child.Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", child.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn());
    }

    [Fact]
    public void A_disk_that_is_full_keeps_the_old_picture()
    {
        Directory.CreateDirectory(_shell.PathOf("disk"));
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only an administrator mounts a disk");
        using Process mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", _shell.PathOf("disk")]);
        mount.WaitForExit();
        Assert.SkipUnless(mount.ExitCode == 0, "nothing may be mounted here");
        try
        {
            File.WriteAllText(_shell.PathOf("disk/b.png"), "old");
            using Child child = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1", "--quiet", "--out", "disk/b.png");
            Assert.Equal(3, child.Wait());
            Assert.StartsWith("vggcuda: 'disk/b.png' cannot be written: the disk is full.", child.Error, StringComparison.Ordinal);
            Assert.Contains("Nothing was changed.", child.Error, StringComparison.Ordinal);
            Assert.Equal("old", File.ReadAllText(_shell.PathOf("disk/b.png")));
            Assert.Equal(["b.png"], _shell.FilesIn("disk"));
        }
        finally
        {
            using Process unmount = Process.Start("umount", [_shell.PathOf("disk")]);
            unmount.WaitForExit();
        }
    }

    [Fact]
    public void A_run_cancelled_again_does_not_replace_the_array_it_went_on_from()
    {
        Npy.Write(_shell.PathOf("b.best.npy"), [96, 96, 3], new float[96 * 96 * 3]);
        byte[] before = File.ReadAllBytes(_shell.PathOf("b.best.npy"));
        using Child child = Child.Start(_shell, "activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1000000", "--seed-image", "b.best.npy", "--out", "b.png");
        child.WaitForError("iteration ");
        child.Signal(Interrupt);
        Assert.Equal(130, child.Wait());
        Assert.Contains("--seed-image b.best-2.npy", child.Error, StringComparison.Ordinal);
        Assert.Equal(["b.best-2.npy", "b.best.npy", "b.json", "b.png"], _shell.FilesIn());
        Assert.Equal(before, File.ReadAllBytes(_shell.PathOf("b.best.npy")));
    }

    [Theory]
    [InlineData("b.best.npy", "b.best-2.npy")]
    [InlineData("b.best.npy b.best-2.npy", null)]
    public void A_cancelled_run_keeps_its_array_beside_what_it_writes_anyway(string logs, string? array)
    {
        string[] names = logs.Split(' ');
        string options = $"--log {names[0]}" + (names.Length > 1 ? $" --seed-image {names[1]}" : "");
        Npy.Write(_shell.PathOf("b.best-2.npy"), [96, 96, 3], new float[96 * 96 * 3]);
        if (names.Length == 1)
        {
            File.Delete(_shell.PathOf("b.best-2.npy"));
        }

        using Child child = Child.Start(_shell, ["activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "1000000", "--out", "b.png", .. options.Split(' ')]);
        child.WaitForError("iteration ");
        child.Signal(Interrupt);
        Assert.True(child.Wait() == 130, child.Error);
        Assert.Equal(array is not null, child.Error.Contains("--seed-image", StringComparison.Ordinal));
        Assert.StartsWith("{", File.ReadAllText(_shell.PathOf("b.best.npy")), StringComparison.Ordinal);
        Assert.Equal(["b.best-2.npy", "b.best.npy", "b.json", "b.png"], _shell.FilesIn());
    }

    [Fact]
    public void A_limit_on_file_sizes_leaves_nothing_half_written()
    {
        // With SIGXFSZ ignored the write fails as on a full disk. The limit is 4 KiB, so no picture fits; nor would .NET's doubly mapped code pages.
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"trap '' XFSZ; ulimit -f 4; DOTNET_EnableWriteXorExecute=0 '{Child.Program}' activate --weights demo --device cpu --class bird --iterations 1 --quiet --out b.png");
        Assert.Equal(3, child.Wait());
        Assert.StartsWith("vggcuda: 'b.png' cannot be written", child.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn());
    }

    [Fact]
    public void A_standard_output_that_is_full_is_an_error_too()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "no /dev/full here");
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"'{Child.Program}' summary --weights demo > /dev/full");
        Assert.Equal(3, child.Wait());
        Assert.Single(child.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Without_options_the_recipe_fills_the_folder_out()
    {
        using Child child = Child.Start(_shell, "recipe", "--weights", "demo", "--device", "cpu", "--iterations", "2");
        Assert.Equal((0, ""), (child.Wait(), string.Join('\n', child.Error.Split('\n').Where(l => l.Length > 0 && !l.Contains("iteration", StringComparison.Ordinal)))));
        Assert.Equal(["block3_conv1-20-modern.png", "block3_conv1-20.png", "predictions-20-modern.png", "predictions-20.png", "recipe.json"], _shell.FilesIn("out"));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(20)]
    public void On_a_narrow_terminal_the_bar_stays_on_one_line(int columns)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "util-linux's script is not here");
        string inner = $"stty cols {columns} rows 20; TERM=xterm-256color '{Child.Program}' activate --weights demo --device cpu --class bird --iterations 100 --out b.png --quiet=false";
        using Child child = Child.StartOther(_shell, "/usr/bin/script", "-q", "-e", "-c", inner, "/dev/null");
        Assert.Equal(0, child.Wait());
        string[] lines = [.. System.Text.RegularExpressions.Regex.Replace(child.Output, "\u001b\\[[0-9;?]*[A-Za-z]", "").Split('\n', '\r').Where(l => l.Contains('━') || l.Contains('─'))];
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, columns - 1));
        Assert.Contains(lines, line => System.Text.RegularExpressions.Regex.IsMatch(line, columns == 40 ? "[━─]{4,} [0-9]+/100" : "[━─]+ ([0-9]+/100|[0-9]+ %)"));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=1 ", false)]
    public void On_a_terminal_there_is_a_live_bar_and_colours_only_where_wanted(string environment, bool colours)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "util-linux's script is not here");
        string inner = $"{environment}TERM=xterm-256color '{Child.Program}' activate --weights demo --device cpu --class bird --iterations 60 --out b.png";
        using Child child = Child.StartOther(_shell, "/usr/bin/script", "-q", "-e", "-c", inner, "/dev/null");
        Assert.Equal(0, child.Wait());
        string screen = child.Output;
        Assert.Matches("[0-9]+/60 loss -?[0-9.E+]+ [0-9.]+ it/s [0-9]+ s left", screen);
        Assert.Contains("\u001b[", screen, StringComparison.Ordinal);
        Assert.Equal(colours, System.Text.RegularExpressions.Regex.IsMatch(screen, "\u001b\\[38;5;|\u001b\\[38;2;|\u001b\\[[39][0-7]m"));
    }
}
