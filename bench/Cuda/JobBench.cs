using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels;

namespace VggCuda.Bench.Cuda;

/// <summary>What a step of the recipe costs on a GPU, in every precision, beside the floor.</summary>
internal static class JobBench
{
    /// <summary>Runs it: [iterations] [device] [filters at once] [steps measured of the job of all filters].</summary>
    public static int Run(string[] args)
    {
        int iterations = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500;
        int device = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 0;
        int filterBatch = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 32;
        int filterIterations = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : iterations;
        CudaProbe probe = CudaDevices.Probe();
        if (!probe.IsUsable)
        {
            Console.Error.WriteLine(string.Join(Environment.NewLine, probe.Problems));
            return 3;
        }

        using CudaBackend backend = CudaBackend.Open(device);
        Network network = Network.FromWeights(MemoryWeights.CopyOf(new HeWeights(Topology.ImageNet, 20)));
        Console.WriteLine($"{backend.Description.Device}, {string.Join(", ", backend.Description.Details.Select(d => $"{d.Key} {d.Value}"))}");
        Console.WriteLine("| " + string.Join(" | ", JobTime.Columns) + " |");
        Console.WriteLine("|" + string.Concat(JobTime.Columns.Select(_ => "---|")));
        foreach (Precision precision in (Precision[])[Precision.Fp32, Precision.Tf32, Precision.Fp16, Precision.Bf16])
        {
            CardCeilings ceilings = CardCeilings.Measure(backend, precision, tiny: false);
            foreach (Job job in Job.All(network.Topology, 224, iterations, filterBatch, filterIterations))
            {
                Console.WriteLine(JobMeasurement.Measure(backend, network, job, precision, job.Plan.Count > job.Batch ? 1 : 3, ceilings).Line());
            }
        }

        return 0;
    }
}
