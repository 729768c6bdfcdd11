using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Drawing;

/// <summary><c>activate --dry-run</c>: what a run would take.</summary>
internal static class DryRun
{
    /// <exception cref="CommandException">More than there is.</exception>
    public static void Print(Invocation invocation, IBackend backend, ChosenNetwork chosen, RenderPlan plan, DrawingFiles files, int scale)
    {
        RunForecast forecast = RunForecast.Of(backend, chosen.Network, plan, files, scale);
        string pictures = plan.Count == 1 ? "1 picture" : $"{plan.Count} pictures";
        string batches = forecast.Batch < plan.Count ? $" in batches of {forecast.Batch}" : "";
        invocation.Result($"{plan.Objective.Title(chosen.Network, chosen.NameOf)}: {pictures} of {plan.Width} x {plan.Height}{batches}, {plan.Iterations} iterations, on {backend.Description.Name} ({backend.Description.Device})");
        foreach (string line in forecast.Lines())
        {
            invocation.Result(line);
        }

        foreach (string line in forecast.Details())
        {
            invocation.Detail(line);
        }

        forecast.Demand();
    }
}
