using System.Globalization;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary><c>activate --dry-run</c>: what a run would take.</summary>
internal static class DryRun
{
    public static void Print(Invocation invocation, IBackend backend, ChosenNetwork chosen, RenderPlan plan)
    {
        int batch = BatchLimit.For(backend, chosen.Network, plan);
        MemoryForecast network = BatchLimit.Forecast(backend, chosen.Network, plan, batch);
        long images = BatchLimit.Images(backend, plan, batch);
        string batches = batch < plan.Count ? $" in batches of {batch}" : "";
        invocation.Result($"{plan.Objective.Title(chosen.Network, chosen.NameOf)}: {plan.Count} pictures of {plan.Width} x {plan.Height}{batches}, {plan.Iterations} iterations, on {backend.Description.Name} ({backend.Description.Device})");
        Line("weights", network.Weights);
        Line("activations, masks, gradients", network.Activations);
        Line("workspace", network.Workspace);
        Line("images and optimiser", images);
        Line("total", network.Total + images);

        void Line(string what, long bytes) =>
            invocation.Result(string.Create(CultureInfo.InvariantCulture, $"  {what,-30} {bytes,15:N0} bytes {bytes / 1048576.0,10:N1} MiB"));
    }
}
