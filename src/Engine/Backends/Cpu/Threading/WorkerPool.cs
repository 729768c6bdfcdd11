using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>A fixed set of threads that share the chunks of one job at a time with the caller.</summary>
/// <remarks>
/// <para>Chunks are handed out one by one, so a core that another program has taken slows the job by its share only.
/// A waiting thread watches for the next job for <see cref="WatchMicroseconds"/>, yielding its core to whoever wants it,
/// and then sleeps.</para>
/// <para>The ticket holds the job's number, its chunk count and the next chunk in one word: a thread that comes late
/// takes either a chunk of the present job or none.</para>
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    /// <summary>Largest number of chunks of a job.</summary>
    public const int MaxChunks = (1 << 20) - 1;

    private const int WatchMicroseconds = 1000;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private long _ticket;
    private long _job;
    private Job? _current;
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
        _done = 0;
        _failure = null;
        _job = (_job + 1) & 0xFFFFFF;
        Interlocked.Exchange(ref _ticket, (_job << 40) | ((long)chunks << 20));
        if (Volatile.Read(ref _sleeping) > 0)
        {
            lock (_gate)
            {
                for (int i = Math.Min(_sleeping, chunks - 1); i > 0; i--)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }

        Share(0);
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

    private static bool HasWork(long ticket) => (ticket & MaxChunks) < ((ticket >> 20) & MaxChunks);

    private void Share(int worker)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            if (!HasWork(ticket))
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket)
            {
                continue;
            }

            // From here to the count below the job cannot end, so _current is the ticket's.
            int chunks = (int)((ticket >> 20) & MaxChunks);
            if (!_cancellation.IsCancellationRequested)
            {
                try
                {
                    _current!.Execute((int)(ticket & MaxChunks), worker);
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
        while (!_stop)
        {
            long start = Stopwatch.GetTimestamp();
            for (int round = 0; !HasWork(Volatile.Read(ref _ticket)) && !_stop; round++)
            {
                if (!Watch(round, start))
                {
                    Sleep();
                    start = Stopwatch.GetTimestamp();
                }
            }

            Share(worker);
        }
    }

    private void Sleep()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleeping);

            // Once only: a short job may be over before the sleeper is awake, and the next is soon to come, so it watches again.
            if (!HasWork(Volatile.Read(ref _ticket)) && !_stop)
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
