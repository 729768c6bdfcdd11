using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary>Memory is counted for the whole process, hence nothing else runs beside this.</summary>
[CollectionDefinition(nameof(EnduranceTests), DisableParallelization = true)]
public class EnduranceCollection;

[Collection(nameof(EnduranceTests))]
public sealed class EnduranceTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Two_hundred_runs_in_one_process_do_not_grow()
    {
        TestNetworks.Write(_shell.PathOf("tiny.h5"), classes: 5);
        Runs(40);

        // A leak grows in every round; what the collector and the allocator keep differs from round to round.
        List<(long Managed, long Resident)> grown = [];
        do
        {
            (long managed, long resident) = Memory();
            Runs(200);
            (long managedAfter, long residentAfter) = Memory();
            grown.Add((managedAfter - managed, residentAfter - resident));
        }
        while (grown.Count < 3 && IsMuch(grown[^1]));

        Assert.False(IsMuch(grown[^1]), $"bytes, managed and resident: {string.Join(", ", grown)}");

        static bool IsMuch((long Managed, long Resident) bytes) => bytes.Managed > 2 << 20 || bytes.Resident > 48 << 20;

        void Runs(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Run(i);
            }
        }

        void Run(int i) => _shell.Run("activate", "--weights", "~/tiny.h5", "--device", "cpu", "--threads", "1", "--class", (i % 5).ToString(System.Globalization.CultureInfo.InvariantCulture), "--iterations", "2", "--quiet", "--scale", "1", "--out", "~/a.png", "--gif", "~/a.gif").Succeeded();

        static (long Managed, long Resident) Memory()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            long managed = GC.GetTotalMemory(forceFullCollection: true);
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
            return (managed, process.WorkingSet64);
        }
    }
}
