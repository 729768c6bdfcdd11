using VggCuda.Engine.Backends.Cpu;

namespace VggCuda.Engine.Tests.Cpu;

public class WorkerPoolTests
{
    [Fact]
    public void Every_chunk_of_every_job_is_done_once()
    {
        foreach (int threads in (int[])[1, 2, 5])
        {
            using WorkerPool pool = new(threads);
            for (int i = 0; i < 3000; i++)
            {
                CountingJob job = new(i % 23);
                pool.Run(job);
                Assert.All(job.Done, count => Assert.Equal(1, count));
                Assert.All(job.Workers, worker => Assert.InRange(worker, 0, threads - 1));
            }
        }
    }

    [Fact]
    public void Threads_that_have_gone_to_sleep_wake_up_again()
    {
        using WorkerPool pool = new(3);
        for (int i = 0; i < 5; i++)
        {
            Thread.Sleep(3);
            CountingJob job = new(40);
            pool.Run(job);
            Assert.All(job.Done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void A_failure_in_a_chunk_reaches_the_caller_and_the_pool_goes_on()
    {
        foreach (int threads in (int[])[1, 4])
        {
            using WorkerPool pool = new(threads);
            Assert.Throws<InvalidTimeZoneException>(() => pool.Run(new FailingJob()));
            CountingJob job = new(9);
            pool.Run(job);
            Assert.All(job.Done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void After_a_cancellation_no_further_chunk_is_begun()
    {
        foreach (int threads in (int[])[1, 4])
        {
            using WorkerPool pool = new(threads);
            using CancellationTokenSource source = new();
            pool.Cancellation = source.Token;
            int begun = 0;
            CountingJob job = new(1000, _ =>
            {
                switch (Interlocked.Increment(ref begun))
                {
                    case 11:
                        source.Cancel();
                        break;
                    case > 11:
                        // However long cancelling takes, nobody overtakes it.
                        SpinWait.SpinUntil(() => source.IsCancellationRequested);
                        break;
                }
            });
            Assert.ThrowsAny<OperationCanceledException>(() => pool.Run(job));
            // Those under way when the token fell are finished, one per thread, and each may have begun one more.
            Assert.InRange(job.Done.Sum(), 1, 11 + (2 * threads));
            pool.Cancellation = CancellationToken.None;
            CountingJob next = new(9);
            pool.Run(next);
            Assert.All(next.Done, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Each_thread_begins_with_its_own_share()
    {
        using WorkerPool pool = new(3);
        using Barrier together = new(3);
        for (int i = 0; i < 20; i++)
        {
            // The first chunk of each share waits for the other two, so nobody can be done early and take what is another's.
            CountingJob job = new(9, chunk =>
            {
                if (chunk % 3 == 0)
                {
                    together.SignalAndWait(TestContext.Current.CancellationToken);
                }
            });
            pool.Run(job);
            Assert.Equal([0, 1, 2], [job.Workers[0], job.Workers[3], job.Workers[6]]);
        }
    }

    [Fact]
    public void Others_do_the_share_of_a_thread_that_is_held_up()
    {
        using WorkerPool pool = new(3);
        using CountdownEvent others = new(29);
        CountingJob job = new(30, chunk =>
        {
            if (chunk == 10)
            {
                others.Wait(TestContext.Current.CancellationToken);
            }
            else
            {
                others.Signal();
            }
        });
        pool.Run(job);
        Assert.All(job.Done, count => Assert.Equal(1, count));
    }

    private sealed class CountingJob(int chunks, Action<int>? onChunk = null) : Job
    {
        public int[] Done { get; } = new int[chunks];

        public int[] Workers { get; } = new int[chunks];

        public override int Chunks => chunks;

        public override void Execute(int chunk, int worker)
        {
            Workers[chunk] = worker;
            onChunk?.Invoke(chunk);
            Interlocked.Increment(ref Done[chunk]);
        }
    }

    private sealed class FailingJob : Job
    {
        public override int Chunks => 7;

        public override void Execute(int chunk, int worker)
        {
            if (chunk == 3)
            {
                throw new InvalidTimeZoneException();
            }
        }
    }
}
