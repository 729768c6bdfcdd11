using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Kernels;
using VggCuda.Kernels.Cudnn;

namespace VggCuda.GpuCheck;

/// <summary>What one plan of each graph costs to build, to keep and to load again, and how fast it is: a convolution of the third block, in half precision.</summary>
internal static class PlanCheck
{
    public static void Run(Settings settings, CheckResult result)
    {
        using CudaBackend backend = settings.Open();
        int side = settings.Small ? 9 : 56;
        int channels = settings.Small ? 16 : 256;
        result.Columns("request", "graph", "built in s", "bytes serialised", "loaded in s", "ms", "TFLOP/s");
        string folder = Path.Combine(settings.Scratch, "plans-" + Environment.ProcessId);
        foreach (bool backward in (bool[])[false, true])
        {
            ConvolutionRequest request = new(backward, 1, side, side, channels, channels, Precision.Fp16, true);
            foreach (ConvolutionVariant variant in ConvolutionVariants.Ladder(request).SelectMany(r => r))
            {
                Stopwatch watch = Stopwatch.StartNew();
                List<ConvolutionPlan> plans = backend.Plans.All(request, variant, 1);
                double seconds = watch.Elapsed.TotalSeconds;
                if (plans.Count == 0)
                {
                    result.Row(request, variant, seconds, "no engine", "", "", "");
                    continue;
                }

                using ConvolutionPlan plan = plans[0];
                (object bytes, object loaded) = Reload(backend, plan, folder, result);
                double milliseconds = backend.Plans.Measure(plan);
                result.Row(request, variant, seconds, bytes, loaded, milliseconds, request.Operations / milliseconds / 1e9);
            }
        }
    }

    private static (object Bytes, object Seconds) Reload(CudaBackend backend, ConvolutionPlan plan, string folder, CheckResult result)
    {
        try
        {
            byte[] text = plan.Serialize();
            PlanCache cache = new(folder, "this machine");
            cache.Store(plan.Request, new CachedPlan(plan.Variant, text, 1, 0));
            using PlanSelector selector = new(backend.Context, backend.Stream, backend.Cudnn, backend.NetworkKernels, cache, proposals: 0);
            Stopwatch watch = Stopwatch.StartNew();
            selector.Select(plan.Request);
            double seconds = watch.Elapsed.TotalSeconds;
            result.Require(selector.Counts.Loaded == 1, $"{plan.Request} {plan.Variant}: a serialised plan does not load again");
            return (text.Length, selector.Counts.Loaded == 1 ? seconds : "does not load");
        }
        catch (DeviceException e)
        {
            result.Fail($"{plan.Request} {plan.Variant}: {e.Message}");
            return ("fails", "");
        }
    }
}
