using System.Diagnostics;
using System.Runtime.InteropServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Which cores a pool's threads run on, so that two of them do not stay on one while another is idle.</summary>
/// <remarks>
/// <para>A thread that is woken may be put on the core of the one that woke it, above all on virtual machines, whose idle cores
/// look taken to the system; it is put right at the system's next balancing, some ten milliseconds later, or thirty steps
/// of a small network. A thread that finds itself on the core of one with a lower number leaves that core out of
/// those it may run on, which moves it, and lets it in again at once: it stays as free as it was.</para>
/// <para>Linux alone; and only where there are cores for all threads, and not more than 1,024.</para>
/// </remarks>
internal sealed unsafe partial class CorePlaces
{
    private const int MaskBytes = 128;
    private const long Nowhere = -1;

    // Two cache lines between threads.
    private const int Distance = 16;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(2);
    private readonly long[] _cores;
    private readonly long[] _lastMoves;
    private readonly bool _active;

    /// <summary>For so many threads.</summary>
    public CorePlaces(int threads)
    {
        _cores = new long[(threads + 1) * Distance];
        _lastMoves = new long[threads];
        Array.Fill(_cores, Nowhere);
        _active = OperatingSystem.IsLinux() && threads > 1 && threads <= Environment.ProcessorCount;
    }

    /// <summary>A thread begins to work: notes its core; if one of a lower number is there, moves it away first.</summary>
    public void Enter(int thread)
    {
        if (!_active)
        {
            return;
        }

        int core = CurrentCore();
        if (IsTaken(thread, core) && Stopwatch.GetElapsedTime(_lastMoves[thread]) > LeastPause)
        {
            MoveAway(thread);
            _lastMoves[thread] = Stopwatch.GetTimestamp();
            core = CurrentCore();
        }

        Volatile.Write(ref _cores[(thread + 1) * Distance], core);
    }

    /// <summary>A thread goes to sleep: its core is free.</summary>
    public void Leave(int thread) => Volatile.Write(ref _cores[(thread + 1) * Distance], Nowhere);

    /// <summary>The core last noted for a thread; negative where it sleeps.</summary>
    public long CoreOf(int thread) => Volatile.Read(ref _cores[(thread + 1) * Distance]);

    private bool IsTaken(int thread, int core)
    {
        for (int other = 0; other < thread; other++)
        {
            if (CoreOf(other) == core)
            {
                return true;
            }
        }

        return false;
    }

    private void MoveAway(int thread)
    {
        byte* all = stackalloc byte[MaskBytes];
        byte* rest = stackalloc byte[MaskBytes];
        if (GetAffinity(0, MaskBytes, all) < 0)
        {
            return;
        }

        new Span<byte>(all, MaskBytes).CopyTo(new Span<byte>(rest, MaskBytes));
        for (int other = 0; other < thread; other++)
        {
            long core = CoreOf(other);
            if (core >= 0)
            {
                rest[core >> 3] &= (byte)~(1 << (int)(core & 7));
            }
        }

        if (new Span<byte>(rest, MaskBytes).ContainsAnyExcept((byte)0) && SetAffinity(0, MaskBytes, rest) == 0)
        {
            _ = SetAffinity(0, MaskBytes, all);
        }
    }

    // sched_getcpu(3), sched_getaffinity(2) and sched_setaffinity(2); thread 0 is the calling one.
    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    [SuppressGCTransition]
    private static partial int CurrentCore();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nint bytes, byte* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint bytes, byte* mask);
}
