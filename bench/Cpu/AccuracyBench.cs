using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>The full network at its full size against the reference in double precision. Takes minutes, so it runs only when asked for.</summary>
internal static class AccuracyBench
{
    public static void Run(Report report)
    {
        report.Line("");
        report.Line("## Accuracy at full size, against double precision");
        report.Line("");
        report.Line("| tap | objective, relative error | image gradient, relative L2 error | 1 - cosine |");
        report.Line("|---|---|---|---|");
        foreach (string tap in (string[])["block3_conv1", "predictions"])
        {
            using CpuBackend cpu = new();
            using ReferenceBackend reference = new();
            (double value, double[] gradient) = Objective(cpu, tap);
            (double expected, double[] expectedGradient) = Objective(reference, tap);
            double norm = Math.Sqrt(expectedGradient.Sum(g => g * g));
            double error = Math.Sqrt(expectedGradient.Zip(gradient, (e, g) => (e - g) * (e - g)).Sum());
            double cosine = expectedGradient.Zip(gradient, (e, g) => e * g).Sum() / (norm * Math.Sqrt(gradient.Sum(g => g * g)));
            report.Line($"| {tap} | {Math.Abs((value / expected) - 1):E1} | {error / norm:E1} | {1 - cosine:E1} |");
        }
    }

    private static (double Value, double[] Gradient) Objective(IBackend backend, string tap)
    {
        ProgramSpec spec = new() { Taps = [new TapSpec(Networks.Full.Topology.Find(tap)!) { Channels = [[20]] }], Batch = 1, Height = 224, Width = 224 };
        Random random = new(3);
        return Networks.Objective(backend, Networks.Full, spec, [.. Enumerable.Range(0, (int)spec.InputShape.Count).Select(_ => (float)(255 * random.NextDouble()))]);
    }
}
