namespace VggCuda.Cli.Hosting;

/// <summary>What a command does about signals.</summary>
internal enum SignalUse
{
    /// <summary>The first ends it and keeps what it has, the second ends the process at once.</summary>
    Cancel,

    /// <summary>So, but for SIGTERM, which the command sees to itself.</summary>
    CancelButTerminate,

    /// <summary>None: the process that started it says when it ends.</summary>
    Ignore,
}
