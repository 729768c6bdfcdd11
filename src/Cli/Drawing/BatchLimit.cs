using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary>How many pictures to draw at once.</summary>
internal static class BatchLimit
{
    private const int Most = 32;
    private const double ShareOfMemory = 0.5;

    /// <summary>The largest batch that a plan may run in: at most 32, and on the processor what fits half of the memory; a GPU says itself when it is full.</summary>
    public static int For(IBackend backend, Network network, RenderPlan plan)
    {
        int group = plan.Objective.GroupSize;
        int batch = Math.Min(Math.Max(group, Most / group * group), plan.Count);
        if (backend.Description.Name is not ("cpu" or "reference"))
        {
            return batch;
        }

        double budget = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * ShareOfMemory;
        while (batch > group && Total(backend, network, plan, batch) > budget)
        {
            batch = ((batch / group) + 1) / 2 * group;
        }

        return batch;
    }

    /// <summary>What the network takes for a batch.</summary>
    public static MemoryForecast Forecast(IBackend backend, Network network, RenderPlan plan, int batch) =>
        backend.Forecast(network, plan.Slice(0, batch).Spec(network));

    /// <summary>What the renderer keeps beside it: the image, its gradient, the best one, a scratch copy, the optimiser's state, the tables.</summary>
    public static long Images(IBackend backend, RenderPlan plan, int batch)
    {
        int bytesPerValue = backend.Description.Name == "reference" ? sizeof(double) : sizeof(float);
        long perImage = (long)plan.Height * plan.Width * 3 * (4 + plan.Optimizer.StateCount);
        long tables = (long)plan.Iterations * (plan.Transforms.Sum(t => t.NumbersPerStep) + plan.LossNames.Length);
        return batch * (perImage + tables) * bytesPerValue;
    }

    private static double Total(IBackend backend, Network network, RenderPlan plan, int batch) =>
        (double)Forecast(backend, network, plan, batch).Total + Images(backend, plan, batch);
}
