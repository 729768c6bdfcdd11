using System.Globalization;

namespace VggCuda.Bench.Cpu;

/// <summary>What the CPU engine is compared with.</summary>
[Flags]
internal enum PeerChoice
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Debian's PyTorch.</summary>
    Python = 1,

    /// <summary>libtorch by TorchSharp.</summary>
    LibTorch = 2,

    /// <summary>Both.</summary>
    Both = Python | LibTorch,
}

/// <summary>What the command line asks for.</summary>
/// <param name="Quick">Fewer rounds.</param>
/// <param name="Peers">Which peers; null: Python's, and libtorch where it has been built.</param>
/// <param name="Threads">Numbers of threads to measure with.</param>
/// <param name="Batches">Batch sizes to measure with.</param>
/// <param name="ReportFile">Where the report goes beside the console.</param>
/// <param name="Only">A part of the titles of what is measured.</param>
/// <param name="Blas">A folder with a libblas.so.3 that Python's peer shall use; null: the machine's.</param>
/// <param name="Parts">Parts named; none: all but the accuracy.</param>
internal sealed record BenchOptions(bool Quick, PeerChoice? Peers, int[] Threads, int[] Batches, string? ReportFile, string? Only, string? Blas, HashSet<string> Parts)
{
    /// <summary>Rounds of alternation.</summary>
    public int Rounds => Quick ? 5 : 15;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">Something unknown, or a value is missing or unknown.</exception>
    /// <exception cref="FormatException">A number is none.</exception>
    public static BenchOptions Parse(string[] args)
    {
        int all = Environment.ProcessorCount;
        BenchOptions options = new(false, null, all == 1 ? [1] : [1, all], [1, 3], null, null, null, []);
        for (int i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
            options = args[i] switch
            {
                "--quick" => options with { Quick = true },
                "--no-peer" => options with { Peers = PeerChoice.None },
                "--peer" => options with { Peers = Choice(Value()) },
                "--threads" => options with { Threads = Numbers(Value()) },
                "--batch" => options with { Batches = Numbers(Value()) },
                "--only" => options with { Only = Value() },
                "--peer-blas" => options with { Blas = Value() },
                "--report" => options with { ReportFile = Value() },
                "--steps" or "--layers" or "--profile" or "--load" or "--special" or "--accuracy" => options with { Parts = [.. options.Parts, args[i][2..]] },
                _ => throw new ArgumentException($"Unknown: {args[i]}."),
            };
        }

        return options;
    }

    /// <summary>Whether a part shall run.</summary>
    public bool Wants(string part) => Parts.Count == 0 || Parts.Contains(part);

    /// <summary>Whether what has this title shall be measured.</summary>
    public bool Selects(string name) => Only is null || name.Contains(Only, StringComparison.OrdinalIgnoreCase);

    private static PeerChoice Choice(string text) => text switch
    {
        "python" => PeerChoice.Python,
        "libtorch" => PeerChoice.LibTorch,
        "both" => PeerChoice.Both,
        "none" => PeerChoice.None,
        _ => throw new ArgumentException($"--peer takes python, libtorch, both or none, not '{text}'."),
    };

    private static int[] Numbers(string text) => [.. text.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
}
