using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VggCuda.Bench.Cpu;

/// <summary>A program that a peer is asked through, one JSON command a line, one answer a line.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="File">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="LayerWays">The ways it has of running a single convolution.</param>
/// <param name="Remedy">What to look at where it does not answer.</param>
internal sealed record PeerProgram(string Name, string File, string[] Arguments, string[] LayerWays, string Remedy)
{
    /// <summary>The ways of running the network.</summary>
    public static string[] StepWays { get; } = ["channels_last", "nchw", "onednn"];

    /// <summary>Where `dotnet build -c Release bench/peers/libtorch` puts its program.</summary>
    private static readonly string LibTorchFile = Path.Combine(Networks.Root, "artifacts", "bin", "VggCuda.Peers.LibTorch", "release", "VggCuda.Peers.LibTorch");

    /// <summary>Debian's PyTorch.</summary>
    public static PeerProgram Python { get; } = new(
        "PyTorch",
        System.IO.File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3",
        [Path.Combine(Networks.Root, "bench", "peers", "pytorch_vgg16.py"), "--serve"],
        ["channels_last", "nchw"],
        "are torch and numpy installed?");

    /// <summary>libtorch by TorchSharp; null where it has not been built.</summary>
    public static PeerProgram? LibTorch => System.IO.File.Exists(LibTorchFile)
        ? new PeerProgram("libtorch", LibTorchFile, ["--serve"], StepWays, "see its message above.")
        : null;

    /// <summary>A way's name for readers.</summary>
    public static string Title(string way) => way switch
    {
        "channels_last" => "channels last",
        "nchw" => "NCHW",
        "onednn" => "oneDNN",
        _ => way,
    };
}

/// <summary>A peer in a process of its own, asked for one measurement at a time, so that it never runs while we do.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(PeerProgram program, Process process) => (Program, _process) = (program, process);

    /// <summary>What runs in it.</summary>
    public PeerProgram Program { get; }

    /// <summary>Starts it; null, with the reason in the report, where it does not start.</summary>
    /// <param name="program">What to start.</param>
    /// <param name="report">Gets its version.</param>
    /// <param name="blas">A folder with a libblas.so.3 that it shall use, or null for the machine's.</param>
    public static Peer? Start(PeerProgram program, Report report, string? blas)
    {
        ProcessStartInfo info = new(program.File, program.Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Settings for other libraries would hold it back; a spinning OpenMP would hold us back.
        foreach (string name in info.Environment.Keys.Where(k => k.StartsWith("OPENBLAS_", StringComparison.Ordinal) || k.StartsWith("OMP_", StringComparison.Ordinal) || k.StartsWith("MKL", StringComparison.Ordinal)).ToArray())
        {
            info.Environment.Remove(name);
        }

        if (blas is not null)
        {
            info.Environment["LD_LIBRARY_PATH"] = blas;
        }

        info.Environment["OMP_WAIT_POLICY"] = "passive";
        // glibc gives every block beyond 32 MB back at once and faults it in anew, page by page: half of a step or more at batch 3.
        info.Environment["MALLOC_MMAP_THRESHOLD_"] = "4000000000";
        info.Environment["MALLOC_TRIM_THRESHOLD_"] = "16000000000";
        Peer? peer = null;
        try
        {
            peer = new Peer(program, Process.Start(info)!);
            JsonNode version = peer.Ask(new JsonObject { ["op"] = "version" });
            report.Line($"Peer: {program.Name} {version["torch"]}, oneDNN {((bool)version["mkldnn"]! ? "on" : "off")}, BLAS {version["blas"]}, a process of its own, asked in alternation.");
            return peer;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException or JsonException)
        {
            peer?.Dispose();
            report.Line($"No {program.Name}: {e.Message}");
            return null;
        }
    }

    /// <summary>Runs a command and adds its times.</summary>
    public void Measure(JsonObject command, Times times)
    {
        JsonNode answer = Ask(command);
        times.Wall.AddRange(answer["wall"]!.AsArray().Select(v => (double)v!));
        times.Cpu.AddRange(answer["cpu"]!.AsArray().Select(v => (double)v!));
    }

    /// <summary>Runs a command.</summary>
    /// <exception cref="InvalidOperationException">It has failed, or the peer has ended.</exception>
    public JsonNode Ask(JsonObject command)
    {
        _process.StandardInput.WriteLine(command.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Program.Name} has ended; {Program.Remedy}");
        JsonNode answer = JsonNode.Parse(line)!;
        return answer["error"] is JsonNode error ? throw new InvalidOperationException($"{Program.Name}: {error}") : answer;
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before us.
        }

        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

/// <summary>The peers that run.</summary>
internal sealed class Peers : IDisposable
{
    private readonly List<Peer> _peers = [];

    /// <summary>Whether there is one.</summary>
    public bool Any => _peers.Count > 0;

    /// <summary>In the order they are asked.</summary>
    public IReadOnlyList<Peer> All => _peers;

    /// <summary>Starts those asked for; what is missing is named in the report, and the others go on.</summary>
    public static Peers Start(BenchOptions options, Report report)
    {
        Peers peers = new();
        PeerChoice wanted = options.Peers ?? PeerChoice.Both;
        if (wanted.HasFlag(PeerChoice.Python))
        {
            peers.Add(Peer.Start(PeerProgram.Python, report, options.Blas));
        }

        if (wanted.HasFlag(PeerChoice.LibTorch))
        {
            if (PeerProgram.LibTorch is { } program)
            {
                peers.Add(Peer.Start(program, report, null));
            }
            else
            {
                report.Line("libtorch: not built; `dotnet build -c Release bench/peers/libtorch` adds it.");
            }
        }

        return peers;
    }

    public void Dispose() => _peers.ForEach(p => p.Dispose());

    private void Add(Peer? peer)
    {
        if (peer is not null)
        {
            _peers.Add(peer);
        }
    }
}
