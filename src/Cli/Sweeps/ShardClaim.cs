using System.Globalization;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Files;

namespace VggCuda.Cli.Sweeps;

/// <summary>The claim of one run on a shard. It dies with its owner, on one machine and on a file system that several share.</summary>
/// <remarks>
/// Two things, because no one of them is enough. A lock of the system, which it takes back however the process ends, and which most network
/// file systems keep between machines. And a lease beside it that its owner rewrites every few seconds: where the lock says nothing about
/// another machine, a lease that goes on changing belongs to a run that lives. Clocks are not compared: who wants the shard watches the lease.
/// </remarks>
internal sealed class ShardClaim : IDisposable
{
    /// <summary>How often the lease is rewritten.</summary>
    public static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(5);

    /// <summary>How long a lease of another machine is watched before it counts as dead.</summary>
    public static readonly TimeSpan WatchFor = TimeSpan.FromSeconds(20);

    private readonly SweepFolder _folder;
    private readonly int _shard;
    private readonly FileLock _lock;
    private ShardLease _lease;

    private ShardClaim(SweepFolder folder, int shard, FileLock taken, ShardLease lease)
    {
        _folder = folder;
        _shard = shard;
        _lock = taken;
        _lease = lease;
    }

    /// <summary>Claims a shard.</summary>
    /// <param name="folder">The sweep, its folders made.</param>
    /// <param name="shard">From 0.</param>
    /// <param name="watchFor">How long a lease of another machine is watched; null for <see cref="WatchFor"/>.</param>
    /// <param name="note">Told why it takes so long; null for nobody.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <exception cref="CommandException">Another run has it.</exception>
    public static ShardClaim Take(SweepFolder folder, int shard, TimeSpan? watchFor = null, Action<string>? note = null, CancellationToken cancellation = default)
    {
        FileLock taken = TryLock(folder, shard) ?? throw Refused(folder, shard, folder.LeaseOf(shard));
        try
        {
            ShardLease? before = folder.LeaseOf(shard);
            if (before is not null && IsAlive(folder, shard, before, taken.IsKept, watchFor ?? WatchFor, note, cancellation))
            {
                throw Refused(folder, shard, before);
            }

            ShardLease lease = new()
            {
                Host = ThisProcess.Host,
                Boot = ThisProcess.Boot,
                Process = Environment.ProcessId,
                Started = ThisProcess.StartOf(Environment.ProcessId) ?? 0,
                Token = Guid.NewGuid().ToString("N"),
                Beat = 0,
                Done = 0,
                Failed = 0,
                Left = 0,
                PerMinute = 0,
            };
            ShardClaim claim = new(folder, shard, taken, lease);
            claim.Write();
            return claim;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Rewrites the lease.</summary>
    /// <param name="done">Units of the shard that have a picture.</param>
    /// <param name="failed">Units that were given up.</param>
    /// <param name="left">Units that are to be drawn yet.</param>
    /// <param name="perMinute">Units a minute.</param>
    /// <exception cref="CommandException">Another run has taken the shard: this one was not heard of for too long, or the file system keeps no locks.</exception>
    public void Beat(int done, int failed, int left, double perMinute)
    {
        if (_folder.LeaseOf(_shard) is { } now && now.Token != _lease.Token)
        {
            throw CommandException.Claimed($"Shard {_shard} of '{_folder.Root}' was taken over by process {now.Process} on {now.Host}, so this run ends. What it has drawn is kept.");
        }

        _lease = _lease with { Beat = _lease.Beat + 1, Done = done, Failed = failed, Left = left, PerMinute = Math.Round(perMinute, 2) };
        Write();
    }

    /// <summary>Gives the shard back.</summary>
    public void Dispose()
    {
        try
        {
            if (_folder.LeaseOf(_shard)?.Token == _lease.Token)
            {
                File.Delete(_folder.LeasePath(_shard));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder has gone; a lease that stays is found dead by the next run.
        }

        _lock.Dispose();
    }

    private static FileLock? TryLock(SweepFolder folder, int shard)
    {
        try
        {
            return FileLock.TryTake(folder.LockPath(shard));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"'{folder.LockPath(shard)}' cannot be opened: {error.Message}", error);
        }
    }

    // With the lock in hand.
    private static bool IsAlive(SweepFolder folder, int shard, ShardLease lease, bool isLockKept, TimeSpan watchFor, Action<string>? note, CancellationToken cancellation)
    {
        bool isThisMachine = lease.Boot.Length > 0 ? lease.Boot == ThisProcess.Boot : lease.Host == ThisProcess.Host;
        if (isThisMachine)
        {
            // One kernel, one lock: that we have it says that the owner has gone. A container may see other process numbers.
            return !isLockKept && lease.Host == ThisProcess.Host && ThisProcess.StartOf(lease.Process) == lease.Started;
        }

        note?.Invoke(string.Create(CultureInfo.InvariantCulture, $"Shard {shard} was claimed by process {lease.Process} on {lease.Host}; watching for {watchFor.TotalSeconds:0.#} s whether that run lives."));
        long begun = Environment.TickCount64;
        while (Environment.TickCount64 - begun < watchFor.TotalMilliseconds)
        {
            if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(Math.Min(500, Math.Max(1, watchFor.TotalMilliseconds / 4)))))
            {
                cancellation.ThrowIfCancellationRequested();
            }

            ShardLease? now = folder.LeaseOf(shard);
            if (now is null)
            {
                return false;
            }

            if (now.Token != lease.Token || now.Beat != lease.Beat)
            {
                return true;
            }
        }

        return false;
    }

    private static CommandException Refused(SweepFolder folder, int shard, ShardLease? lease)
    {
        string who = lease is null ? "another run" : $"process {lease.Process} on {lease.Host}";
        return CommandException.Claimed($"Shard {shard} of '{folder.Root}' is being drawn by {who}.\n'vggcuda sweep status {folder.Root}' shows how far it is; a run that has died gives its shard back by itself.");
    }

    private void Write()
    {
        try
        {
            StagedFiles.Write(_folder.LeasePath(_shard), JsonSerializer.SerializeToUtf8Bytes(_lease, SweepJson.Default.ShardLease));
        }
        catch (FileWriteException error)
        {
            throw CommandException.File($"'{error.Path}' cannot be written: {error.Cause}\nWhat has been drawn is kept; start again when there is room.", error);
        }
        catch (IOException error)
        {
            throw CommandException.File($"{error.Message}\nWhat has been drawn is kept.", error);
        }
    }
}
