using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace VggCuda.Bench.Host;

/// <summary>What stands between a user and a picture besides the device: BenchmarkDotNet over the host's code.</summary>
/// <remarks>
/// <para><c>bench host [BenchmarkDotNet's arguments]</c>, all benchmarks where no filter is given; <c>--job short</c> for a first look, <c>--job dry --inProcess</c> to see that everything runs.</para>
/// <para>The host's cost of a launch or of recording a step is not among them: without a GPU only the stand-in of the tests could be called, which runs the kernels itself and would be what is measured. <c>bench cuda-job</c> and <c>VGGCUDA_NO_GRAPH=1</c> show it on a GPU.</para>
/// </remarks>
internal static class HostBench
{
    /// <summary>Its line in the table of benches.</summary>
    public static readonly Bench Line = new("host", "How long does the host need for PNG, labels, grids, schedules and opening weights? [BenchmarkDotNet's arguments]", Run);

    private static readonly Type[] Benchmarks = [typeof(PictureBenchmarks), typeof(ScheduleBenchmarks), typeof(WeightsBenchmarks)];

    // These say themselves what to run, or run nothing.
    private static readonly string[] Choosing = ["--filter", "-f", "--list", "--help", "--info", "--version", "--anyCategories", "--allCategories"];

    private static int Run(string[] args)
    {
        IConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .HideColumns(Column.Error)
            .WithArtifactsPath(Path.Combine(Samples.Root, "artifacts", "benchmarks"));
        string[] chosen = args.Any(a => Choosing.Contains(a.Split('=')[0], StringComparer.OrdinalIgnoreCase)) ? args : [.. args, "--filter", "*"];
        Summary[] summaries = [.. BenchmarkSwitcher.FromTypes(Benchmarks).Run(chosen, config)];
        return summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Any(r => !r.Success)) ? 1 : 0;
    }
}
