using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using VggCuda.Cli.Sweeps;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>Sweeps that are killed, ended by signals, started twice, or whose disk is full. <c>eng/sweep-kill</c> is the long form of the first.</summary>
public sealed class SweepProcessTests : IDisposable
{
    private const int Interrupt = 2;
    private const int Kill = 9;
    private const int FirstUser = 10;
    private const int SecondUser = 12;
    private const int Terminate = 15;
    private const int Stop = 19;

    // Long enough to be ended in the middle.
    private static readonly string[] Endless = ["--layers", "predictions", "--filter", "20", "--iterations", "1000000"];
    private readonly Shell _shell = new();

    public SweepProcessTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "signals by their Linux numbers");

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Killed_at_any_moment_it_goes_on_and_the_pictures_are_the_same(int seed)
    {
        string[] what = ["--layers", "predictions,block1_conv1", "--filter", "0-11", "--iterations", "24"];
        using (Child whole = Sweep("whole", what))
        {
            Assert.True(whole.Wait() == 0, whole.Error);
        }

        Random random = new(seed);
        for (int kills = 0; ; kills++)
        {
            using Child child = Sweep("s", what);
            bool ended = WaitUntil(() => child.HasExited, TimeSpan.FromMilliseconds(random.Next(300, 2500)), mayNot: true);
            if (kills == 6 || ended)
            {
                Assert.True(child.Wait() == 0, child.Error);
                break;
            }

            child.Signal(Kill);
            child.Wait();
        }

        Assert.Equal(Files("whole/pictures"), Files("s/pictures"));
        WaitUntil(() => !Directory.EnumerateFiles(_shell.PathOf("s"), ".*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public void A_worker_that_is_killed_is_replaced_and_its_unit_given_up_at_last()
    {
        using Child child = Sweep("s", [.. Endless, "--verbose"]);
        HashSet<int> killed = [];
        for (int i = 0; i < 3; i++)
        {
            int worker = NextWorker(child, killed);
            killed.Add(worker);
            Send(worker, Kill);
        }

        Assert.Equal(6, child.Wait());
        Assert.Contains("predictions 0020 cannot be drawn: The process that drew it died every time, the last time with signal 9", child.Error, StringComparison.Ordinal);
        UnitFailure failure = JsonSerializer.Deserialize(File.ReadAllBytes(_shell.PathOf("s/failures/predictions/0020.json")), SweepJson.Default.UnitFailure)!;
        Assert.Equal(3, failure.Attempts);
    }

    [Fact]
    public void A_worker_that_hangs_is_ended_its_unit_tried_once_more_and_the_rest_goes_on()
    {
        using Child child = Sweep("s", "--layers", "predictions", "--filter", "20,21", "--iterations", "300", "--batch", "1", "--hang-after", "15", "--verbose");
        HashSet<int> stopped = [];
        for (int i = 0; i < 2; i++)
        {
            int worker = NextWorker(child, stopped);
            stopped.Add(worker);
            Send(worker, Stop);
        }

        Assert.Equal(6, child.Wait());
        Assert.Matches("The worker of cpu made no progress for [0-9]+ s and was ended; another one takes its place", child.Error);
        UnitFailure failure = JsonSerializer.Deserialize(File.ReadAllBytes(_shell.PathOf("s/failures/predictions/0020.json")), SweepJson.Default.UnitFailure)!;
        Assert.Matches("^The process that drew it made no progress for [0-9]+ s and was ended, the second one to do so[.]$", failure.Reason);
        Assert.Equal(2, failure.Attempts);
        Assert.Equal(["0021.png"], _shell.FilesIn("s/pictures/predictions"));
        Assert.All(stopped, worker => Assert.False(Directory.Exists($"/proc/{worker}") && !File.ReadAllText($"/proc/{worker}/stat").Contains(") Z", StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_a_group_whose_worker_hangs_once_no_unit_is_lost_and_none_differs()
    {
        string[] what = ["--layers", "block1_conv1", "--filter", "0-7", "--iterations", "150", "--hang-after", "15"];
        using (Child whole = Sweep("whole", what))
        {
            Assert.True(whole.Wait() == 0, whole.Error);
        }

        using Child child = Sweep("s", [.. what, "--verbose"]);
        Send(NextWorker(child, []), Stop);
        Assert.True(child.Wait() == 0, child.Error);
        Assert.Contains("made no progress for", child.Error, StringComparison.Ordinal);
        Assert.Equal(Files("whole/pictures"), Files("s/pictures"));
    }

    [Fact]
    public void A_worker_that_is_killed_once_costs_nothing()
    {
        string[] what = ["--layers", "block1_conv1", "--iterations", "60"];
        using (Child whole = Sweep("whole", what))
        {
            Assert.True(whole.Wait() == 0, whole.Error);
        }

        using Child child = Sweep("s", [.. what, "--verbose"]);
        Send(NextWorker(child, []), Kill);
        Assert.True(child.Wait() == 0, child.Error);
        Assert.Contains("another one takes its place", child.Error, StringComparison.Ordinal);
        Assert.Equal(Files("whole/pictures"), Files("s/pictures"));
    }

    [Theory]
    [InlineData(Terminate)]
    [InlineData(FirstUser)]
    [InlineData(SecondUser)]
    public void A_signal_of_a_batch_system_ends_after_the_pictures_in_work_with_75(int signal)
    {
        using Child child = Sweep("s", "--layers", "predictions,block5_conv3", "--iterations", "200", "--batch", "1", "--verbose");
        NextWorker(child, []);
        child.Signal(signal);
        child.Signal(FirstUser);
        Assert.Equal(75, child.Wait());
        Assert.Contains("Ended by a signal; ", child.Error, StringComparison.Ordinal);
        Assert.Contains("The same command goes on.", child.Error, StringComparison.Ordinal);

        // What was in work was brought to its end.
        SweepFolder folder = SweepFolder.Open(_shell.PathOf("s"));
        Assert.InRange(SweepSurvey.Of(folder).Done, 1, folder.Count - 1);
        Assert.Null(folder.LeaseOf(0));
    }

    [Fact]
    public void Pictures_that_take_longer_than_the_grace_are_given_up()
    {
        using Child child = Sweep("s", [.. Endless, "--grace", "1", "--verbose"]);
        NextWorker(child, []);
        child.Signal(Terminate);
        Assert.Equal(75, child.Wait());
        Assert.Contains("0 of 1 pictures are in s.", child.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_ends_at_once_and_keeps_what_is_drawn()
    {
        using Child child = Sweep("s", [.. Endless, "--verbose"]);
        NextWorker(child, []);
        child.Signal(Interrupt);
        Assert.Equal(130, child.Wait());
        Assert.Contains("Cancelled; 0 of 1 pictures are in s.", child.Error, StringComparison.Ordinal);
        Assert.Null(SweepFolder.Open(_shell.PathOf("s")).LeaseOf(0));
    }

    [Fact]
    public void A_second_run_on_a_shard_is_refused_until_the_first_has_died()
    {
        using Child first = Sweep("s", [.. Endless, "--verbose"]);
        int worker = NextWorker(first, []);
        using (Child second = Sweep("s"))
        {
            Assert.Equal(7, second.Wait());
            Assert.Contains($"vggcuda: Shard 0 of 's' is being drawn by process {first.Id} on ", second.Error, StringComparison.Ordinal);
        }

        Outcome status = _shell.Run("sweep", "status", "~/s").Succeeded();
        Assert.Contains($"drawn by process {first.Id} on", status.Out, StringComparison.Ordinal);
        first.Signal(Kill);
        first.Wait();
        Assert.Contains("has died", _shell.Run("sweep", "status", "~/s").Succeeded().Out, StringComparison.Ordinal);

        // Its worker hears that nobody waits for it any more.
        WaitUntil(() => !Directory.Exists($"/proc/{worker}") || File.ReadAllText($"/proc/{worker}/stat").Contains(") Z", StringComparison.Ordinal));
        using Child third = Sweep("s", "--grace", "0", "--verbose");
        NextWorker(third, []);
        third.Signal(Terminate);
        Assert.Equal(75, third.Wait());
    }

    [Fact]
    public void Other_kernels_are_refused_and_marked_where_mixing_is_wanted()
    {
        string[] what = ["--layers", "predictions", "--filter", "0-3", "--iterations", "4", "--batch", "2"];
        using (Child first = Sweep("s", what))
        {
            Assert.True(first.Wait() == 0, first.Error);
        }

        SweepEngine engine = SweepFolder.Open(_shell.PathOf("s")).Engine!;
        Assert.SkipWhen(engine.Kernels.Contains("portable", StringComparison.Ordinal), "the portable kernels are the only ones here");
        File.Delete(_shell.PathOf("s/records/predictions/0002.json"));
        using (Child refused = Portable("s"))
        {
            Assert.Equal(3, refused.Wait());
            Assert.Contains($"is drawn with the kernels '{engine.Kernels}', and cpu here has 'cpu portable', which round otherwise", refused.Error, StringComparison.Ordinal);
        }

        using (Child mixed = Portable("s", "--mixed"))
        {
            Assert.True(mixed.Wait() == 0, mixed.Error);
        }

        SweepFolder folder = SweepFolder.Open(_shell.PathOf("s"));
        Assert.Equal([false, false, true, false], folder.Units.Select(u => folder.DoneOf(u.Part, u.Unit)!.Mixed));
    }

    [Fact]
    public void A_disk_that_is_full_is_one_clear_error_and_nothing_is_lost()
    {
        Directory.CreateDirectory(_shell.PathOf("disk"));
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only an administrator mounts a disk");
        using Process mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", _shell.PathOf("disk")]);
        mount.WaitForExit();
        Assert.SkipUnless(mount.ExitCode == 0, "nothing may be mounted here");
        try
        {
            using (Child child = Sweep("disk/s", "--layers", "predictions", "--iterations", "4"))
            {
                Assert.Equal(3, child.Wait());
                Assert.Contains("the disk is full", child.Error, StringComparison.Ordinal);
                Assert.Contains("What has been drawn is kept", child.Error, StringComparison.Ordinal);
            }

            int done = SweepSurvey.Of(SweepFolder.Open(_shell.PathOf("disk/s"))).Done;
            Assert.InRange(done, 1, 31);
            using Process remount = Process.Start("mount", ["-o", "remount,size=8m", _shell.PathOf("disk")]);
            remount.WaitForExit();
            using Child again = Sweep("disk/s");
            Assert.True(again.Wait() == 0, again.Error);
            Assert.Contains($"Drew {32 - done} pictures", again.Output, StringComparison.Ordinal);
        }
        finally
        {
            using Process unmount = Process.Start("umount", [_shell.PathOf("disk")]);
            unmount.WaitForExit();
        }
    }

    [Fact]
    public void A_folder_that_vanishes_meanwhile_is_one_clear_error()
    {
        using Child child = Sweep("s", "--layers", "predictions", "--iterations", "400", "--batch", "1", "--verbose");
        NextWorker(child, []);
        Directory.Move(_shell.PathOf("s"), _shell.PathOf("gone"));

        // What is said hangs on what it was about to do: write a picture, a record, or look for the next group.
        Assert.Equal(3, child.Wait());
        Assert.Contains("vggcuda: ", child.Error, StringComparison.Ordinal);
        Directory.Move(_shell.PathOf("gone"), _shell.PathOf("s"));
        Assert.NotNull(SweepSurvey.Of(SweepFolder.Open(_shell.PathOf("s"))));
    }

    [Fact]
    public void A_worker_uses_no_more_memory_for_its_last_units_than_for_those_near_its_beginning()
    {
        const int groups = 120;
        const int warm = 30;
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        string[] what = ["--weights", "net.h5", "--layers", "predictions", "--count", "64", "--iterations", "2", "--batch", "4", "--device", "cpu"];
        using (Child child = Child.Start(_shell, ["sweep", "--out", "s", "--prepare", .. what]))
        {
            Assert.Equal(0, child.Wait());
        }

        foreach (string kind in (string[])["pictures", "records", "failures"])
        {
            Directory.CreateDirectory(_shell.PathOf($"s/{kind}/predictions"));
        }

        // 320 pictures; the groups come round again, and are drawn again.
        File.WriteAllLines(_shell.PathOf("orders"), Enumerable.Range(1, groups).Select(i => JsonSerializer.Serialize(new WorkOrder(i, 0, i % 80 * 4, 4, [.. Enumerable.Range(i % 80 * 4, 4)]), WorkerJson.Default.WorkOrder)));
        using Child worker = Child.StartOther(_shell, "/bin/bash", "-c", $"exec '{Child.Program}' sweep-worker s --account --quiet --device cpu --weights net.h5 < <(cat orders; exec sleep 600 2>/dev/null)");
        WaitUntil(() =>
        {
            Assert.False(worker.HasExited, worker.Error);
            return Used().Length == groups;
        });
        long[] used = Used();
        long before = used[(warm - 10)..warm].Max();
        long after = used[^10..].Min();

        // A kilobyte that is kept for each unit would be 360 KB.
        Assert.InRange(after - before, long.MinValue, 200_000);

        long[] Used() => [.. worker.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, WorkerJson.Default.WorkReport)!)
            .Where(r => r.Kind == WorkReportKind.Drawn)
            .Select(r => r.ManagedBytes)];
    }

    [Fact]
    public void Weights_that_are_replaced_meanwhile_are_found_out_before_anything_is_written()
    {
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        TestNetworks.Write(_shell.PathOf("other.h5"), classes: 5, v => v * 1.25f);
        string[] what = ["--weights", "net.h5", "--layers", "predictions", "--filter", "0-3", "--iterations", "2", "--device", "cpu"];
        using (Child child = Child.Start(_shell, ["sweep", "--out", "s", "--prepare", .. what]))
        {
            Assert.Equal(0, child.Wait());
        }

        // As a worker that was started anew finds it; the file is another one than the sweep was begun with.
        File.Copy(_shell.PathOf("other.h5"), _shell.PathOf("net.h5"), overwrite: true);
        Directory.CreateDirectory(_shell.PathOf("s/pictures/predictions"));
        using Child worker = Child.StartOther(_shell, "/bin/bash", "-c", $"exec '{Child.Program}' sweep-worker s --quiet --device cpu --weights net.h5 < <(echo '{{\"id\":1,\"part\":0,\"first\":0,\"count\":2,\"wanted\":[0,1]}}'; exec sleep 60 2>/dev/null)");
        Assert.Equal(3, worker.Wait());
        Assert.Contains("are not those that the sweep was begun with", worker.Error, StringComparison.Ordinal);
        Assert.Empty(_shell.FilesIn("s/pictures/predictions"));
    }

    private Child Sweep(string folder, params string[] arguments) =>
        Child.Start(_shell, ["sweep", "--out", folder, "--weights", "demo", "--device", "cpu", "--threads", "1", .. arguments]);

    private Child Portable(string folder, params string[] arguments) =>
        Child.StartOther(_shell, "/bin/bash", "-c", $"VGGCUDA_SIMD=portable exec '{Child.Program}' sweep --out {folder} --weights demo --device cpu {string.Join(' ', arguments)}");

    // The number of the next worker that says that it draws.
    private static int NextWorker(Child child, HashSet<int> known)
    {
        int found = 0;
        WaitUntil(() =>
        {
            foreach (Match match in Regex.Matches(child.Error, "^Worker ([0-9]+) draws on cpu", RegexOptions.Multiline))
            {
                int worker = int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
                found = known.Contains(worker) ? found : worker;
            }

            Assert.True(found > 0 || !child.HasExited, child.Error);
            return found > 0;
        });
        return found;
    }

    private static void Send(int process, int signal)
    {
        using Process kill = Process.Start("/bin/bash", ["-c", $"kill -{signal} {process}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    private static bool WaitUntil(Func<bool> done, TimeSpan? within = null, bool mayNot = false)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!done())
        {
            if (watch.Elapsed > (within ?? TimeSpan.FromMinutes(3)))
            {
                return mayNot ? false : throw new TimeoutException("it did not come about in three minutes");
            }

            Thread.Sleep(20);
        }

        return true;
    }

    private string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(_shell.PathOf(folder), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(p => Path.GetFileName(p) + " " + Convert.ToHexString(File.ReadAllBytes(p)))];
}
