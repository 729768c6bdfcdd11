namespace VggCuda.Cli.Sweeps.Format;

/// <summary>Who draws a shard, and how far that run is: <c>claims/shard-I.json</c>, rewritten every few seconds.</summary>
internal sealed record ShardLease
{
    public required string Host { get; init; }

    /// <summary>Tells one start of a machine from another; empty where the system does not say.</summary>
    public required string Boot { get; init; }

    public required int Process { get; init; }

    /// <summary>When the process started, as the system counts; a number that was given to another process has another one.</summary>
    public required long Started { get; init; }

    /// <summary>Of this claim alone.</summary>
    public required string Token { get; init; }

    /// <summary>Grows while the run lives.</summary>
    public required long Beat { get; init; }

    /// <summary>Units of the shard that have a picture.</summary>
    public required int Done { get; init; }

    public required int Failed { get; init; }

    /// <summary>Units of the shard that are to be drawn yet.</summary>
    public required int Left { get; init; }

    /// <summary>Units a minute of the whole run, whatever shards it has; 0 where it is not known yet.</summary>
    public required double PerMinute { get; init; }
}
