using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;

namespace VggCuda.Bench.Cpu;

/// <summary>From weights to the first step, and the memory that it takes.</summary>
internal static class LoadBench
{
    public static void Run(BenchOptions options, Report report)
    {
        report.Line("");
        report.Line("## Compilation");
        report.Line("");
        report.Line("| tap | threads | reading alone, ms | compilation in all, ms | transform and rest, ms | its processor time, ms | memory held, MiB | forecast, MiB |");
        report.Line("|---|---|---|---|---|---|---|---|");
        foreach (string tap in (string[])["predictions", "block3_conv1"])
        {
            foreach (int threads in options.Threads)
            {
                using CpuBackend backend = new(threads);
                MemoryWeights weights = Networks.InMemory;
                Network network = Network.FromWeights(weights);
                Times compile = new();
                long held = 0;
                MemoryForecast? forecast = null;
                for (int i = 0; i < (options.Quick ? 2 : 5); i++)
                {
                    long before = Resident();
                    CpuProgram? program = null;
                    compile.Add(() => program = Networks.Compile(backend, network, tap, 1));
                    using Step step = new(backend, network, tap, 1);
                    step.Run();
                    held = Resident() - before;
                    forecast = backend.Forecast(network, program!.Spec);
                    program.Dispose();
                }

                Times read = new();
                read.Add(() => ReadAll(backend, network, tap), options.Quick ? 2 : 5);
                report.Line($"| {tap} | {threads} | {read.Least:F0} | {compile.Least:F0} | {compile.Least - read.Least:F0} | {compile.LeastCpu - read.LeastCpu:F0} | {held >> 20} | {forecast!.Total >> 20} |");
            }
        }
    }

    private static void ReadAll(CpuBackend backend, Network network, string tap)
    {
        foreach (Layer layer in network.Topology.Layers)
        {
            if (layer.HasWeights)
            {
                KernelReader.Read(backend.Pool, network.Weights, layer, null, 1, CancellationToken.None).Dispose();
            }

            if (layer.Name == tap)
            {
                return;
            }
        }
    }

    private static long Resident()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
