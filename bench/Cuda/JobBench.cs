using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels;

namespace VggCuda.Bench.Cuda;

/// <summary>What a step of the recipe costs on a GPU, in every precision, beside the floor.</summary>
internal static class JobBench
{
    /// <summary>Runs it: [iterations] [device].</summary>
    public static int Run(string[] args)
    {
        int iterations = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500;
        int device = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 0;
        CudaProbe probe = CudaDevices.Probe();
        if (!probe.IsUsable)
        {
            Console.Error.WriteLine(string.Join(Environment.NewLine, probe.Problems));
            return 3;
        }

        using CudaBackend backend = CudaBackend.Open(device);
        Vgg16 network = Vgg16.FromWeights(MemoryWeights.CopyOf(new HeWeights(Vgg16Topology.ImageNet, 20)));
        Console.WriteLine($"{backend.Description.Device}, {string.Join(", ", backend.Description.Details.Select(d => $"{d.Key} {d.Value}"))}");
        Console.WriteLine("| job | precision | ms per step | spread | floor ms | first compile ms |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (Precision precision in (Precision[])[Precision.Fp32, Precision.Tf32, Precision.Fp16, Precision.Bf16])
        {
            foreach ((string name, Engine.Rendering.RenderPlan plan) in JobMeasurement.Jobs(network.Topology, 224, iterations, 32))
            {
                JobTime time = JobMeasurement.Measure(backend, network, name, plan, precision, 3);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {time.Job} | {time.Precision} | {time.MillisecondsPerStep:F3} | {time.Spread:F2} | {time.FloorMilliseconds:F3} | {time.CompileMilliseconds:F0} |"));
            }
        }

        return 0;
    }
}
