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
        for (int i = 0; i < 40; i++)
        {
            Run(i);
        }

        (long managed, long resident) = Memory();
        for (int i = 40; i < 240; i++)
        {
            Run(i);
        }

        (long managedAfter, long residentAfter) = Memory();
        Assert.InRange(managedAfter - managed, long.MinValue, 2 << 20);
        Assert.InRange(residentAfter - resident, long.MinValue, 48 << 20);

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
