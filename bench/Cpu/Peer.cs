using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VggCuda.Bench.Cpu;

/// <summary>PyTorch in a process of its own, asked for one measurement at a time, so that the two never run at once.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(Process process) => _process = process;

    /// <summary>Starts it; null, with a line in the report, where there is none.</summary>
    /// <param name="report">Gets its version.</param>
    /// <param name="blas">A folder with a libblas.so.3 that it shall use, or null for the machine's.</param>
    public static Peer? Start(Report report, string? blas)
    {
        string script = Path.Combine(Root(), "bench", "peers", "pytorch_vgg16.py");
        string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        ProcessStartInfo info = new(python, [script, "--serve"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
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
        try
        {
            Peer peer = new(Process.Start(info)!);
            JsonNode version = peer.Ask(new JsonObject { ["op"] = "version" });
            report.Line($"Peer: PyTorch {version["torch"]}, oneDNN {((bool)version["mkldnn"]! ? "on" : "off")}, BLAS {Path.GetFileName(Path.GetDirectoryName((string?)version["blas"]))}, a process of its own, asked in alternation.");
            return peer;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException or JsonException)
        {
            report.Line($"No peer: {e.Message}");
            return null;
        }
    }

    /// <summary>Runs a command and adds its times.</summary>
    public void Measure(JsonObject command, Times times)
    {
        JsonNode answer = Ask((JsonObject)command.DeepClone());
        times.Wall.AddRange(answer["wall"]!.AsArray().Select(v => (double)v!));
        times.Cpu.AddRange(answer["cpu"]!.AsArray().Select(v => (double)v!));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private JsonNode Ask(JsonObject command)
    {
        _process.StandardInput.WriteLine(command.ToJsonString());
        _process.StandardInput.Flush();
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The peer has ended; are torch and numpy installed?");
        JsonNode answer = JsonNode.Parse(line)!;
        return answer["error"] is JsonNode error ? throw new InvalidOperationException($"The peer: {error}") : answer;
    }

    /// <summary>The repository's folder.</summary>
    public static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VggCuda.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? Directory.GetCurrentDirectory();
    }
}
