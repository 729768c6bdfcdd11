using VggCuda.Bench;
using VggCuda.Bench.Cuda;
using VggCuda.Bench.Cpu;
using VggCuda.Bench.Host;
using VggCuda.Bench.Native;

// One bench, one question, one file: `dotnet run -c Release --project bench -- NAME [arguments]`.
Bench[] benches =
[
    WeightsBench.Line,
    new("cuda-job", "What a step of the recipe costs on a GPU, in every precision. [iterations] [device] [filters at once] [steps measured of the job of all filters]", JobBench.Run),
    KernelBench.Entry,
    new("cpu", "How much faster is the CPU engine than PyTorch, and where does its time go?", CpuBench.Run),
    AttributionBench.Line,
    SweepBench.Line,
    ModernBench.Line,
    HostBench.Line,
    NativeBench.Line,
];

Bench? chosen = args.Length > 0 ? benches.FirstOrDefault(b => b.Name == args[0]) : null;
if (chosen is not null)
{
    return chosen.Run(args[1..]);
}

Console.Error.WriteLine("usage: bench NAME [arguments]");
foreach (Bench bench in benches)
{
    Console.Error.WriteLine($"  {bench.Name,-16} {bench.Question}");
}

return 2;
