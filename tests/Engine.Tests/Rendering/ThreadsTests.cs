using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Several threads: each with a backend of its own, or one refused; never a wrong picture.</summary>
public class ThreadsTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void Two_renders_on_one_backend_are_right_or_refused(string name)
    {
        RenderPlan plan = TinyNetworks.Plan(30, 2);
        using IBackend backend = name == "cpu" ? new CpuBackend(2) : new ReferenceBackend();
        RenderResult expected = new Renderer(backend).Render(TinyNetworks.WithTop, plan);
        int refused = 0;
        for (int round = 0; round < 10; round++)
        {
            using Barrier barrier = new(2);
            Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                barrier.SignalAndWait();
                try
                {
                    TinyNetworks.Same(expected.Images, new Renderer(backend).Render(TinyNetworks.WithTop, plan).Images);
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            }))];
            Array.ForEach(threads, t => t.Start());
            Array.ForEach(threads, t => t.Join());
        }

        Assert.InRange(refused, 1, 20);
        TinyNetworks.Same(expected.Images, new Renderer(backend).Render(TinyNetworks.WithTop, plan).Images);
    }

    [Fact]
    public void One_backend_may_go_from_thread_to_thread()
    {
        using CpuBackend backend = new(2);
        RenderPlan plan = TinyNetworks.Plan(3, 1);
        RenderResult expected = new Renderer(backend).Render(TinyNetworks.WithTop, plan);
        for (int i = 0; i < 3; i++)
        {
            RenderResult? other = null;
            Thread thread = new(() => other = new Renderer(backend).Render(TinyNetworks.WithTop, plan));
            thread.Start();
            thread.Join();
            TinyNetworks.Same(expected.Images, other!.Images);
        }
    }

    [Fact]
    public void A_plan_of_a_thousand_million_steps_is_refused_and_the_longest_is_cancelled_while_its_numbers_are_drawn()
    {
        using ReferenceBackend backend = new();
        PlanException error = Assert.Throws<PlanException>(() => new Renderer(backend).Render(TinyNetworks.WithTop, TinyNetworks.Plan(1_000_000_000, 1)));
        Assert.Contains("between 1 and 1000000", error.Message, StringComparison.Ordinal);
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Schedule.Draw(TinyNetworks.Plan(RenderPlan.MostIterations, 1), source.Token));
        Assert.Equal(0, backend.LiveResources);
    }

    [Fact]
    public void Numbers_that_no_array_holds_make_the_batch_smaller() =>
        Assert.Throws<DeviceMemoryException>(() => Schedule.Draw(TinyNetworks.Plan(RenderPlan.MostIterations, 1200)));
}
