namespace VggCuda.Cli.Hosting;

/// <summary>What the process returns: a contract that scripts rely on.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A fault of the program itself; not part of the contract, because it should not happen.</summary>
    public const int Internal = 1;

    /// <summary>Wrong usage: an option, a value, a combination.</summary>
    public const int Usage = 2;

    /// <summary>A file cannot be read or written, or is not what it should be.</summary>
    public const int File = 3;

    /// <summary>The device asked for cannot be used.</summary>
    public const int Device = 4;

    /// <summary>Not one step had a finite loss.</summary>
    public const int Numbers = 5;

    /// <summary>A sweep has units without a picture, or a picture is not what its plan gives.</summary>
    public const int Incomplete = 6;

    /// <summary>Another run has what this one asks for.</summary>
    public const int Claimed = 7;

    /// <summary>A sweep was ended by SIGTERM, SIGUSR1 or SIGUSR2 with more to do: the same command goes on. sysexits.h calls it EX_TEMPFAIL.</summary>
    public const int Again = 75;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;
}
