using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests.Sweeps;

/// <summary>Claims between machines, by their leases: what a lock says nothing about.</summary>
public sealed class ShardClaimTests : IDisposable
{
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(2);
    private readonly Shell _shell = new();
    private readonly SweepFolder _folder;

    public ShardClaimTests()
    {
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        _shell.Run("sweep", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/s", "--layers", "predictions", "--iterations", "2", "--prepare").Succeeded();
        _folder = SweepFolder.Open(_shell.PathOf("s"));
        _folder.MakeFolders();
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void A_claim_is_given_back()
    {
        using (ShardClaim claim = ShardClaim.Take(_folder, 0))
        {
            claim.Beat(1, 2, 3, 4.567);
            ShardLease lease = _folder.LeaseOf(0)!;
            Assert.Equal((ThisProcess.Host, Environment.ProcessId, 1L, 1, 2, 3, 4.57), (lease.Host, lease.Process, lease.Beat, lease.Done, lease.Failed, lease.Left, lease.PerMinute));
        }

        Assert.Null(_folder.LeaseOf(0));
        ShardClaim.Take(_folder, 0).Dispose();
    }

    [Fact]
    public void The_lease_of_another_machine_that_is_not_renewed_counts_as_dead_after_a_while()
    {
        Write(Other() with { Beat = 7 });
        List<string> notes = [];
        using ShardClaim claim = ShardClaim.Take(_folder, 0, TimeSpan.FromMilliseconds(200), notes.Add);
        Assert.Contains("claimed by process 4711 on elsewhere", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal(ThisProcess.Host, _folder.LeaseOf(0)!.Host);
    }

    [Fact]
    public async Task The_lease_of_another_machine_that_is_renewed_keeps_its_shard()
    {
        Write(Other());
        using CancellationTokenSource end = new();
        Task beating = Task.Run(() =>
        {
            for (long beat = 1; !end.IsCancellationRequested; beat++)
            {
                Write(Other() with { Beat = beat });
                Thread.Sleep(10);
            }
        });
        CommandException refused = Assert.Throws<CommandException>(() => ShardClaim.Take(_folder, 0, TimeSpan.FromMinutes(3)));
        await end.CancelAsync();
        await beating;
        Assert.Equal(ExitCode.Claimed, refused.Code);
        Assert.Contains("process 4711 on elsewhere", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_that_another_machine_has_taken_over_is_found_lost_and_not_given_back()
    {
        using (ShardClaim claim = ShardClaim.Take(_folder, 0))
        {
            Write(Other());
            CommandException lost = Assert.Throws<CommandException>(() => claim.Beat(0, 0, 0, 0));
            Assert.Equal(ExitCode.Claimed, lost.Code);
            Assert.Contains("taken over by process 4711 on elsewhere", lost.Message, StringComparison.Ordinal);
        }

        Assert.Equal("elsewhere", _folder.LeaseOf(0)!.Host);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"host\": 3}")]
    public void A_lease_that_cannot_be_read_stands_in_nobodys_way(string text)
    {
        File.WriteAllText(_folder.LeasePath(0), text);
        ShardClaim.Take(_folder, 0, Watch).Dispose();
    }

    [Fact]
    public void The_lease_of_a_process_of_this_machine_that_left_its_lock_is_dead()
    {
        // The same start of the same machine, and the lock is free: whatever the number says, the owner has gone.
        Write(Other() with { Host = ThisProcess.Host, Boot = ThisProcess.Boot, Process = Environment.ProcessId });
        Assert.SkipWhen(ThisProcess.Boot.Length == 0, "this system does not tell its starts apart");
        ShardClaim.Take(_folder, 0, Watch).Dispose();
    }

    private static ShardLease Other() => new() { Host = "elsewhere", Boot = "other", Process = 4711, Started = 1, Token = "other", Beat = 0, Done = 0, Failed = 0, Left = 0, PerMinute = 0 };

    // In its place at once, as StagedFiles would.
    private void Write(ShardLease lease)
    {
        string part = _folder.LeasePath(0) + ".test";
        File.WriteAllBytes(part, JsonSerializer.SerializeToUtf8Bytes(lease, SweepJson.Default.ShardLease));
        File.Move(part, _folder.LeasePath(0), overwrite: true);
    }
}
