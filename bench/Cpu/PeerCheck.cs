using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>Whether every way of every peer computes the network that we compute: objective and image gradient of one picture.</summary>
/// <remarks>Whoever leaves something out would be fast. The gradients' tolerance is that of the tests at full width: single ReLU and pooling decisions within rounding of a tie fall either way.</remarks>
internal static class PeerCheck
{
    private const double ObjectiveTolerance = 1e-4;
    private const double GradientTolerance = 2e-2;

    /// <summary>Compares, and reports; false where one differs or fails.</summary>
    public static bool Run(BenchOptions options, Report report, Peers peers)
    {
        report.Line("");
        report.Line("## The same network");
        report.Line("");
        report.Line($"One picture: the objective's relative difference from ours and the image gradient's relative L2 difference; at most {ObjectiveTolerance} and {GradientTolerance}.");
        report.Line("");
        string headings = "| network | tap |" + Race.WayHeadings(peers, _ => PeerProgram.StepWays);
        report.Line(headings);
        report.Line(Race.Rule(headings));
        int threads = options.Threads.Max();
        bool same = true;
        foreach ((string name, Network network, string tap) in StepBench.Networks(options).DefaultIfEmpty(("bundled", Networks.Bundled, "predictions")))
        {
            int side = network.Topology.FixedInputSize!.Value;
            // Not among the first: what computes only these right must be found out.
            int channel = network.Topology.Find(tap)!.Outputs - 12;
            (double objective, float[] gradient) = Ours(network, tap, channel, side, threads);
            string line = $"| {name} | {tap} |";
            foreach ((Peer peer, string way) in peers.All.SelectMany(p => PeerProgram.StepWays.Select(w => (p, w))))
            {
                JsonNode answer = peer.Ask(new JsonObject { ["op"] = "check", ["model"] = Networks.PeersName(name), ["tap"] = tap, ["threads"] = threads, ["layout"] = way, ["side"] = side, ["channel"] = channel });
                ReadOnlySpan<float> theirs = MemoryMarshal.Cast<byte, float>(Convert.FromBase64String((string)answer["gradient"]!));
                double first = Math.Abs(((double)answer["objective"]! / objective) - 1);
                double second = Difference(gradient, theirs);
                // What is not a number is not below the tolerance either.
                bool good = first <= ObjectiveTolerance && second <= GradientTolerance;
                same &= good;
                line += FormattableString.Invariant($" {first:0.0E+0}, {second:0.0E+0}{(good ? "" : " **differs**")} |");
            }

            report.Line(line);
        }

        return same;
    }

    // (1, 3, side, side) as the peers have it: the top byte of the index times an odd constant.
    private static (double Objective, float[] Gradient) Ours(Network network, string tap, int channel, int side, int threads)
    {
        using CpuBackend backend = new(threads);
        ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Find(tap)!) { Channels = [[channel]] }], Batch = 1, Height = side, Width = side, Preprocessing = Preprocessing.Raw };
        int plane = side * side;
        (double objective, double[] rows) = Networks.Objective(
            backend, network, spec, [.. Enumerable.Range(0, 3 * plane).Select(i => (float)((uint)(((i % 3) * plane) + (i / 3)) * 2654435761u >> 24) - 115)]);
        return (objective, [.. Enumerable.Range(0, rows.Length).Select(i => (float)rows[(i % plane * 3) + (i / plane)])]);
    }

    private static double Difference(float[] ours, ReadOnlySpan<float> theirs)
    {
        if (ours.Length != theirs.Length)
        {
            return double.NaN;
        }

        double difference = 0;
        double norm = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            difference += ((double)ours[i] - theirs[i]) * ((double)ours[i] - theirs[i]);
            norm += (double)ours[i] * ours[i];
        }

        return Math.Sqrt(difference / norm);
    }
}
