using VggCuda.Engine.Backends;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Programs;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>How plans are chosen, kept and found again.</summary>
public class PlanTests : IDisposable
{
    private static readonly ConvolutionRequest Back = new(true, 1, 9, 7, 8, 16, Precision.Fp32, true);
    private readonly string _folder = Directory.CreateTempSubdirectory("vggcuda-plans").FullName;

    public PlanTests() => FakeCuda.Require();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void The_fastest_of_turned_weights_and_backward_data_is_kept_with_its_time()
    {
        using CudaBackend backend = CudaBackend.Open();
        using PlanSelector selector = Selector(backend, "one machine", measures: true);
        ConvolutionPlan chosen = selector.Select(Back);
        Assert.True(chosen.Milliseconds > 0);
        List<double> all = [];
        foreach (ConvolutionVariant variant in (ConvolutionVariant[])[ConvolutionVariant.FusedTurned, ConvolutionVariant.FusedBackwardData])
        {
            foreach (ConvolutionPlan plan in selector.All(Back, variant, 3))
            {
                all.Add(selector.Measure(plan));
                plan.Dispose();
            }
        }

        Assert.Equal(2, all.Count);
        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void A_winner_is_found_again_on_disk_by_the_same_machine_alone()
    {
        using CudaBackend backend = CudaBackend.Open();
        using (PlanSelector first = Selector(backend, "one machine", measures: true))
        {
            first.Select(Back);
            first.Select(Back);
            Assert.Equal((1, 0, 1), first.Counts);
        }

        using (PlanSelector second = Selector(backend, "one machine", measures: true))
        {
            ConvolutionPlan loaded = second.Select(Back);
            Assert.Equal((0, 1, 0), second.Counts);
            Assert.True(loaded.Milliseconds > 0);
            Assert.True(second.Measure(loaded) > 0);
        }

        using PlanSelector elsewhere = Selector(backend, "another driver", measures: true);
        elsewhere.Select(Back);
        Assert.Equal((0, 0, 1), elsewhere.Counts);
    }

    [Fact]
    public void A_plan_that_was_not_timed_does_not_serve_where_timing_is_asked_for_and_the_other_way_round_it_does()
    {
        using CudaBackend backend = CudaBackend.Open();
        foreach ((bool measures, int loaded) in ((bool, int)[])[(false, 0), (true, 0), (true, 1), (false, 1)])
        {
            using PlanSelector selector = Selector(backend, "one machine", measures);
            ConvolutionPlan plan = selector.Select(Back);
            Assert.Equal((0, loaded, 1 - loaded), selector.Counts);
            Assert.Equal(measures || loaded > 0, plan.Milliseconds > 0);
        }
    }

    [Fact]
    public void Plans_are_built_at_once_each_with_its_threads_handle_and_give_what_those_built_one_by_one_give()
    {
        using CudaBackend backend = CudaBackend.Open();
        ConvolutionRequest[] requests = [.. Enumerable.Range(1, 12).Select(i => new ConvolutionRequest(i % 2 == 0, 1, 4 + i, 7, 8, 16, Precision.Fp32, true))];
        using PlanSelector atOnce = new(backend.Context, backend.Stream, backend.Cudnn, backend.NetworkKernels, new PlanCache(null, "x"), proposals: 1);
        List<ConvolutionPlan> plans = atOnce.Select([.. requests, requests[3]], CancellationToken.None);
        Assert.Equal((1, 0, 12), atOnce.Counts);
        Assert.Same(plans[3], plans[12]);
        Assert.All(requests.Zip(plans), p => Assert.Equal(p.First, p.Second.Request));
        Assert.All(plans.Where(p => p.Request.Backward), p => Assert.True(atOnce.Measure(p) > 0 && p.Milliseconds > 0));
        Assert.True(atOnce.Seconds.Preparing > 0 && atOnce.Seconds.Timing > 0);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => atOnce.Select([Back], cancelled.Token));
        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void One_proposal_of_each_graph_is_built_until_more_are_asked_for()
    {
        using CudaBackend backend = CudaBackend.Open();
        foreach ((int proposals, int least, int most) in ((int, int, int)[])[(0, 1, 1), (1, 2, 2), (2, 3, 4)])
        {
            using Candidates candidates = new(Back with { Precision = Precision.Tf32 }, proposals, backend.Cudnn);
            candidates.BuildNext();
            Assert.InRange(candidates.Plans.Count, least, most);
        }
    }

    [Theory]
    [InlineData("not JSON at all")]
    [InlineData("{}")]
    [InlineData("""{"key":"?","variant":"FusedTurned","milliseconds":1,"plan":"AAAA"}""")]
    [InlineData("a plan that cuDNN refuses")]
    public void A_file_that_does_not_fit_is_built_again_and_replaced(string content)
    {
        using CudaBackend backend = CudaBackend.Open();
        using (PlanSelector first = Selector(backend, "one machine", measures: false))
        {
            first.Select(Back);
        }

        string file = Assert.Single(Directory.GetFiles(_folder));
        string good = File.ReadAllText(file);
        File.WriteAllText(file, content.StartsWith("a plan", StringComparison.Ordinal) ? good.Replace(Between(good), Convert.ToBase64String("other"u8), StringComparison.Ordinal) : content);
        using (PlanSelector second = Selector(backend, "one machine", measures: false))
        {
            second.Select(Back);
            Assert.Equal((0, 0, 1), second.Counts);
        }

        using PlanSelector third = Selector(backend, "one machine", measures: false);
        third.Select(Back);
        Assert.Equal((0, 1, 0), third.Counts);

        static string Between(string json)
        {
            int start = json.IndexOf("\"plan\": \"", StringComparison.Ordinal) + 9;
            return json[start..json.IndexOf('"', start)];
        }
    }

    [Fact]
    public void Without_a_folder_plans_are_built_each_time()
    {
        using CudaBackend backend = CudaBackend.Open();
        using PlanSelector selector = new(backend.Context, backend.Stream, backend.Cudnn, backend.NetworkKernels, new PlanCache(null, "x"), proposals: 0);
        selector.Select(Back);
        Assert.Equal((0, 0, 1), selector.Counts);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Measured_plans_give_what_the_reference_gives()
    {
        using CudaBackend backend = CudaBackend.Open();
        NetworkCase one = NetworkCase.All["block3_pool"];
        using PlanSelector selector = Selector(backend, "one machine", measures: true);
        NetworkLayout layout = NetworkLayout.Of(one.Network.Topology, one.Spec with { Precision = Precision.Fp32 });
        foreach (Node node in layout.Nodes.Where(n => n.Layer.Kind == VggCuda.Engine.Model.LayerKind.Convolution))
        {
            Assert.True(selector.Select(layout.Forward(node)).Milliseconds is > 0 or double.NaN);
            Assert.True(selector.Select(layout.Backward(node)).Milliseconds > 0);
        }

        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void Buffers_that_live_at_once_never_overlap_and_the_rest_share()
    {
        Random random = new(5);
        for (int trial = 0; trial < 200; trial++)
        {
            MemoryPlan plan = new();
            List<(int Number, long Bytes, int First, int Last)> buffers = [];
            int count = random.Next(1, 30);
            for (int i = 0; i < count; i++)
            {
                int first = random.Next(0, 20);
                int last = first + random.Next(0, 6);
                long bytes = random.Next(0, 5000);
                buffers.Add((plan.Add(bytes, first, last), bytes, first, last));
            }

            plan.Pack();
            foreach ((int a, long bytesA, int firstA, int lastA) in buffers)
            {
                Assert.Equal(0, plan.Offset(a) % MemoryPlan.Alignment);
                Assert.True(plan.Offset(a) + bytesA <= plan.TotalBytes);
                foreach ((int b, long bytesB, int firstB, int lastB) in buffers.Where(o => o.Number > a && o.First <= lastA && o.Last >= firstA))
                {
                    Assert.True(plan.Offset(a) + bytesA <= plan.Offset(b) || plan.Offset(b) + bytesB <= plan.Offset(a), $"{a} ({firstA}-{lastA}) and {b} ({firstB}-{lastB}) overlap");
                }
            }
        }

        MemoryPlan chain = new();
        for (int i = 0; i < 10; i++)
        {
            chain.Add(1000, i, i + 1);
        }

        chain.Pack();
        Assert.Equal(2048, chain.TotalBytes);
    }

    private PlanSelector Selector(CudaBackend backend, string machine, bool measures) =>
        new(backend.Context, backend.Stream, backend.Cudnn, backend.NetworkKernels, new PlanCache(_folder, machine), measures ? 1 : 0);
}
