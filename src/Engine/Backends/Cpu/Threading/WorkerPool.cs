using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A fixed set of threads that share the chunks of one job at a time with the caller.</summary>
/// <remarks>
/// <para>Each thread has a share of the chunks, the same for jobs of the same number of chunks: what a thread has
/// written lies in its own cache when the next job reads it, and cores of one processor may have third caches of their
/// own, between which a core reads a third as fast. A thread takes its share from the front, chunk by chunk, and then
/// from the back of others' shares, so a core that another program has taken slows the job by its part only.</para>
/// <para>A waiting thread watches for the next job for <see cref="WatchMicroseconds"/>, yielding its core to whoever
/// wants it, and then sleeps.</para>
/// <para>A share holds the job's number, its end and its next chunk in one word: a thread that comes late takes either
/// a chunk of the present job or none.</para>
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>Largest number of chunks of a job.</summary>
    public const int MaxChunks = (1 << 20) - 1;

    private const int WatchMicroseconds = 1000;

    // Two cache lines between the shares, since processors fetch lines in pairs.
    private const int ShareDistance = 16;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly long[] _shares;
    private readonly CorePlaces _places;
    private long _job;
    private Job? _current;
    private int _chunks;
    private int _done;
    private int _sleeping;
    private bool _callerSleeps;
    private volatile bool _stop;
    private ExceptionDispatchInfo? _failure;
    private CancellationToken _cancellation;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads in all, the caller's included.</param>
    public WorkerPool(int threads)
    {
        Threads = threads;
        _shares = new long[(threads + 1) * ShareDistance];
        _places = new CorePlaces(threads);
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"VggCuda CPU {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads in all, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Polled between chunks: what remains of a job is dropped and <see cref="Run"/> throws.</summary>
    public CancellationToken Cancellation
    {
        get => _cancellation;
        set => _cancellation = value;
    }

    /// <summary>Does a job and comes back when all of it is done.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; some chunks were not done.</exception>
    public void Run(Job job)
    {
        int chunks = job.Chunks;
        if (chunks > MaxChunks)
        {
            throw new ArgumentOutOfRangeException(nameof(job), $"{chunks} chunks; at most {MaxChunks} are possible.");
        }

        if (Threads == 1 || chunks <= 1)
        {
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                _cancellation.ThrowIfCancellationRequested();
                job.Execute(chunk, 0);
            }

            return;
        }

        _current = job;
        _chunks = chunks;
        _done = 0;
        _places.Enter(0);
        _failure = null;
        long number = (_job + 1) & 0xFFFFFF;
        for (int worker = 0; worker < Threads; worker++)
        {
            long first = (long)worker * chunks / Threads;
            long end = (long)(worker + 1) * chunks / Threads;
            Volatile.Write(ref ShareOf(worker), (number << 40) | (end << 20) | first);
        }

        Interlocked.Exchange(ref _job, number);
        if (Volatile.Read(ref _sleeping) > 0)
        {
            lock (_gate)
            {
                for (int i = Math.Min(_sleeping, chunks - 1); i > 0; i--)
                {
                    Monitor.Pulse(_gate);
                }
            }

            // To one that was put on this core, so that it can move away: otherwise it would wait for its slice of time.
            Thread.Yield();
        }

        TakeShares(0);
        WaitForOthers(chunks);
        _current = null;
        _failure?.Throw();
        _cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        _stop = true;
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    // Index 0 stays unused: the array's length lies before it, in the same cache line.
    private ref long ShareOf(int worker) => ref _shares[(worker + 1) * ShareDistance];

    private void TakeShares(int worker)
    {
        Take(worker, worker);
        for (int i = 1; i < Threads; i++)
        {
            Take((worker + i) % Threads, worker);
        }
    }

    private void Take(int owner, int worker)
    {
        ref long share = ref ShareOf(owner);
        while (true)
        {
            long now = Volatile.Read(ref share);
            int next = (int)(now & MaxChunks);
            int end = (int)((now >> 20) & MaxChunks);
            if (next >= end)
            {
                return;
            }

            bool own = owner == worker;
            if (Interlocked.CompareExchange(ref share, own ? now + 1 : now - (1L << 20), now) == now)
            {
                Execute(own ? next : end - 1, worker);
            }
        }
    }

    // Whoever holds a chunk keeps the job from ending, so _current and _chunks are the chunk's.
    private void Execute(int chunk, int worker)
    {
        int chunks = _chunks;
        if (!_cancellation.IsCancellationRequested)
        {
            try
            {
                _current!.Execute(chunk, worker);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            }
        }

        if (Interlocked.Increment(ref _done) == chunks && Volatile.Read(ref _callerSleeps))
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void WaitForOthers(int chunks)
    {
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; Volatile.Read(ref _done) < chunks; round++)
        {
            if (!Watch(round, start))
            {
                lock (_gate)
                {
                    Volatile.Write(ref _callerSleeps, true);
                    Interlocked.MemoryBarrier();
                    while (Volatile.Read(ref _done) < chunks)
                    {
                        Monitor.Wait(_gate);
                    }

                    _callerSleeps = false;
                }
            }
        }
    }

    private void Work(int worker)
    {
        long seen = 0;
        while (!_stop)
        {
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; Volatile.Read(ref _job) == seen && !_stop; round++)
            {
                if (!Watch(round, start))
                {
                    _places.Leave(worker);
                    Sleep(seen);
                    start = Stopwatch.GetTimestamp();
                }
            }

            seen = Volatile.Read(ref _job);
            _places.Enter(worker);
            TakeShares(worker);
        }
    }

    private void Sleep(long seen)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping);

            // Once only: a short job may be over before the sleeper is awake, and the next is soon to come, so it watches again.
            if (Volatile.Read(ref _job) == seen && !_stop)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleeping);
        }
    }

    // Returns false when it is time to sleep.
    private static bool Watch(int round, long start)
    {
        if ((round & 15) == 15)
        {
            Thread.Yield();
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds < WatchMicroseconds;
        }

        Thread.SpinWait(8);
        return true;
    }
}
