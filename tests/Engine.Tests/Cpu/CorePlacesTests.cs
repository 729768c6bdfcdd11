using System.Runtime.InteropServices;
using VggCuda.Engine.Backends.Cpu;

namespace VggCuda.Engine.Tests.Cpu;

public unsafe partial class CorePlacesTests
{
    [Fact]
    public void A_thread_on_the_core_of_another_moves_away_and_stays_as_free_as_it_was()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are moved on Linux alone.");
        CpuMask allowed = CpuMask.OfThisThread();
        int[] cores = [.. Enumerable.Range(0, CpuMask.Cores).Where(allowed.Has).Take(2)];
        Assert.SkipUnless(cores.Length == 2 && Environment.ProcessorCount >= 2, "Two cores are needed.");
        int moves = 0;
        for (int i = 0; i < 5; i++)
        {
            CorePlaces places = new(2);
            Run(() =>
            {
                CpuMask.Only(cores[0]).Apply();
                places.Enter(0);
            });
            Run(() =>
            {
                CpuMask.Only(cores[0]).Apply();
                allowed.Apply();
                places.Enter(1);
                moves += places.CoreOf(1) != cores[0] ? 1 : 0;
                Assert.Equal(allowed, CpuMask.OfThisThread());
            });
        }

        // The system may put a thread back at any moment, but not each time.
        Assert.InRange(moves, 1, 5);
    }

    [Fact]
    public void A_thread_that_may_run_on_one_core_only_stays_there()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Threads are moved on Linux alone.");
        CpuMask allowed = CpuMask.OfThisThread();
        int core = Enumerable.Range(0, CpuMask.Cores).First(allowed.Has);
        CorePlaces places = new(2);
        Run(() =>
        {
            CpuMask.Only(core).Apply();
            places.Enter(0);
            places.Enter(1);
            Assert.Equal(CpuMask.Only(core), CpuMask.OfThisThread());
        });
    }

    private static void Run(Action work)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException("The thread failed.", failure);
        }
    }

    private sealed partial record CpuMask(string Bytes)
    {
        public const int Cores = 1024;

        public static CpuMask OfThisThread()
        {
            byte[] bytes = new byte[Cores / 8];
            fixed (byte* start = bytes)
            {
                Assert.True(GetAffinity(0, bytes.Length, start) >= 0);
            }

            return new CpuMask(Convert.ToHexString(bytes));
        }

        public static CpuMask Only(int core)
        {
            byte[] bytes = new byte[Cores / 8];
            bytes[core / 8] = (byte)(1 << (core % 8));
            return new CpuMask(Convert.ToHexString(bytes));
        }

        public bool Has(int core) => ((Convert.FromHexString(Bytes)[core / 8] >> (core % 8)) & 1) != 0;

        public void Apply()
        {
            byte[] bytes = Convert.FromHexString(Bytes);
            fixed (byte* start = bytes)
            {
                Assert.Equal(0, SetAffinity(0, bytes.Length, start));
            }
        }

        [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
        private static partial int GetAffinity(int thread, nint bytes, byte* mask);

        [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
        private static partial int SetAffinity(int thread, nint bytes, byte* mask);
    }
}
