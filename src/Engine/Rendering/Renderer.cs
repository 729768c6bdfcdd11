using System.Collections.Immutable;
using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>Runs plans on a backend. Written once, against the seam; knows no device.</summary>
/// <remarks>One thread at a time, like its backend. Keeps nothing between renders.</remarks>
public sealed class Renderer
{
    private readonly IBackend _backend;

    /// <summary>Creates a renderer; the backend stays the caller's.</summary>
    public Renderer(IBackend backend) => _backend = backend ?? throw new ArgumentNullException(nameof(backend));

    /// <summary>Draws a plan's pictures.</summary>
    /// <param name="network">The network.</param>
    /// <param name="plan">What to draw.</param>
    /// <param name="options">Progress, frames, limits.</param>
    /// <param name="cancellation">Ends the run; the best pictures so far are returned.</param>
    /// <exception cref="PlanException">The plan does not fit the network.</exception>
    /// <exception cref="WeightsException">The weights cannot be read.</exception>
    /// <exception cref="DeviceException">The device failed, or one picture is too much for its memory.</exception>
    /// <exception cref="NumbersFailedException">No step of a picture had a finite loss.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before any picture had a step.</exception>
    public RenderResult Render(Network network, RenderPlan plan, RenderOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new RenderOptions();
        plan.Validate(network);
        if (plan.Octaves is not null)
        {
            return OctaveRun.Render(this, network, plan, options, cancellation);
        }

        ImmutableArray<RenderedImage>.Builder images = ImmutableArray.CreateBuilder<RenderedImage>(plan.Count);
        RenderTimings timings = new(0, 0, 0, 0);
        ProgressMeter meter = new(options.Progress, plan, Math.Max(1, options.MaxBatch));

        // Pictures that depend on each other stay together.
        int group = plan.Objective.GroupSize;
        int batch = Math.Clamp(options.MaxBatch / group * group, group, plan.Count);
        bool cancelled = false;
        while (images.Count < plan.Count && !cancelled)
        {
            int first = images.Count;
            int count = Math.Min(batch, plan.Count - first);
            try
            {
                using BatchRun run = new(_backend, network, plan.Slice(first, count), first, cancellation, options.WantsImportance);
                cancelled = !run.Run(options, meter, cancellation);
                if (run.StepsDone > 0)
                {
                    images.AddRange(run.Finish());
                }

                timings = new(timings.Compile + run.Timings.Compile, timings.Run + run.Timings.Run, timings.Score + run.Timings.Score, timings.Steps + run.StepsDone);
            }
            catch (OperationCanceledException) when (images.Count > 0)
            {
                cancelled = true;
            }
            catch (Exception error) when (count > group && error is DeviceMemoryException or OutOfMemoryException)
            {
                // Groups do not depend on each other, so half a batch gives the same pictures in twice the time.
                batch = ((count / group) + 1) / 2 * group;
                meter.SetBatch(batch, images.Count);
            }
        }

        if (images.Count == 0)
        {
            throw new OperationCanceledException("Cancelled before the first step was done.", cancellation);
        }

        return new RenderResult
        {
            Plan = plan,
            Images = images.ToImmutable(),
            Cancelled = cancelled,
            Device = _backend.Description,
            Timings = timings,
        };
    }
}
