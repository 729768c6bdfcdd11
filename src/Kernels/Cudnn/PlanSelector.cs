using System.Diagnostics;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>Finds the plan for each convolution: in memory, on disk, or by asking cuDNN's heuristics; where several compete, by timing them on the device.</summary>
/// <remarks>
/// Which engine wins a race can change from one measurement to the next, and with it the last bits of a result; the
/// winner on disk keeps runs alike. With no proposals to time, the heuristics' first word is taken.
/// </remarks>
internal sealed class PlanSelector : IDisposable
{
    private const int TimedRuns = 20;
    private const int Repetitions = 3;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly NetworkKernels _kernels;
    private readonly PlanCache _cache;
    private readonly PlanBuilder _builder;
    private readonly CudnnHandle _library;
    private readonly int _proposals;
    private readonly bool _graphs;
    private readonly Dictionary<ConvolutionRequest, ConvolutionPlan> _plans = [];
    private readonly Stopwatch _preparing = new();
    private readonly Stopwatch _timing = new();

    /// <summary>Creates a selector.</summary>
    /// <param name="context">Where.</param>
    /// <param name="stream">What plans run on.</param>
    /// <param name="library">cuDNN.</param>
    /// <param name="kernels">What follows an engine that leaves something to do.</param>
    /// <param name="cache">Plans on disk.</param>
    /// <param name="proposals">As <see cref="CudaOptions.Proposals"/>.</param>
    /// <param name="graphs">Whether steps become CUDA graphs: then plans are timed as one.</param>
    public PlanSelector(CudaContext context, CudaStream stream, CudnnHandle library, NetworkKernels kernels, PlanCache cache, int proposals, bool graphs = true)
    {
        _context = context;
        _stream = stream;
        _library = library;
        _kernels = kernels;
        _cache = cache;
        _proposals = proposals;
        _graphs = graphs;
        _builder = new PlanBuilder(context, stream, library, cache);
    }

    /// <summary>How many plans were found in memory, loaded from disk, and built anew: for tests and reports.</summary>
    public (int Known, int Loaded, int Built) Counts { get; private set; }

    /// <summary>Seconds by the clock so far: loading and building, several at once; timing those that compete.</summary>
    public (double Preparing, double Timing) Seconds => (_preparing.Elapsed.TotalSeconds, _timing.Elapsed.TotalSeconds);

    /// <summary>The plan for a request; it belongs to the selector.</summary>
    /// <exception cref="DeviceException">cuDNN has no engine for it; the message holds what it said.</exception>
    public ConvolutionPlan Select(ConvolutionRequest request) => Select([request], CancellationToken.None)[0];

    /// <summary>The plans for several requests, in their order; those that are not known are built at once.</summary>
    /// <inheritdoc cref="Select(ConvolutionRequest)"/>
    public List<ConvolutionPlan> Select(IReadOnlyList<ConvolutionRequest> requests, CancellationToken cancellation)
    {
        ConvolutionRequest[] missing = [.. requests.Distinct().Where(r => !_plans.ContainsKey(r))];
        Counts = Counts with { Known = Counts.Known + requests.Count - missing.Length };
        if (missing.Length > 0)
        {
            Find(missing, cancellation);
        }

        return [.. requests.Select(r => _plans[r])];
    }

    /// <summary>The scratch memory of a request's plan, or null where the plan is not known without building it.</summary>
    public long? KnownWorkspace(ConvolutionRequest request) => _plans.TryGetValue(request, out ConvolutionPlan? plan) ? plan.WorkspaceBytes : null;

    /// <summary>Every plan that can be built for a request as one graph; the caller's. For reports that compare them.</summary>
    public List<ConvolutionPlan> All(ConvolutionRequest request, ConvolutionVariant variant, int most) =>
        Candidates.BuildVariant(_library, request, variant, transforms: false, most, []);

    /// <summary>Median milliseconds of a plan on memory of its own, its fallback kernel included.</summary>
    public double Measure(ConvolutionPlan plan)
    {
        using TrialMemory memory = new(_context, _stream, plan.Request, plan.WorkspaceBytes);
        return Measure(plan, memory);
    }

    /// <summary>Drops plans that no program uses; they are found again on disk.</summary>
    public void ReleaseUnused()
    {
        foreach (ConvolutionPlan plan in _plans.Values.Where(p => p.Users == 0).ToArray())
        {
            _plans.Remove(plan.Request);
            plan.Dispose();
        }

        if (_plans.Count == 0)
        {
            // The handles of further threads go with the last plan that runs with one.
            _builder.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ConvolutionPlan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
        _builder.Dispose();
    }

    private void Find(ConvolutionRequest[] missing, CancellationToken cancellation)
    {
        List<Candidates> found;
        _preparing.Start();
        try
        {
            found = _builder.Prepare(missing, _proposals, cancellation);
        }
        finally
        {
            _preparing.Stop();
        }

        try
        {
            foreach (Candidates candidates in found)
            {
                cancellation.ThrowIfCancellationRequested();
                bool loaded = candidates.IsLoaded;
                ConvolutionPlan plan = Choose(candidates);
                _plans.Add(candidates.Request, plan);
                Counts = loaded ? Counts with { Loaded = Counts.Loaded + 1 } : Counts with { Built = Counts.Built + 1 };
                if (!loaded)
                {
                    Store(plan);
                }
            }
        }
        finally
        {
            found.ForEach(c => c.Dispose());
        }
    }

    private ConvolutionPlan Choose(Candidates candidates)
    {
        while (candidates.Plans.Count > 1)
        {
            if (Fastest(candidates) is ConvolutionPlan best)
            {
                return candidates.Choose(best);
            }

            candidates.BuildNext();
        }

        return candidates.Choose(candidates.Plans[0]);
    }

    private void Store(ConvolutionPlan plan)
    {
        try
        {
            _cache.Store(plan.Request, new CachedPlan(plan.Variant, plan.Serialize(), plan.Milliseconds, _proposals));
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            // Not every engine can be serialised; it is found again the next time.
        }
    }

    private ConvolutionPlan? Fastest(Candidates candidates)
    {
        _timing.Start();
        try
        {
            using TrialMemory memory = new(_context, _stream, candidates.Request, candidates.Plans.Max(c => c.WorkspaceBytes));
            foreach (ConvolutionPlan candidate in candidates.Plans.ToArray())
            {
                try
                {
                    candidate.Milliseconds = Measure(candidate, memory);
                }
                catch (CudaException e) when (e is not CudaFatalException && (e.Library == "cuDNN" || CuResults.IsCapture((CuResult)e.Code)))
                {
                    // Built, but does not run, or not in a graph: seen with engines whose sub-library is missing.
                    candidates.Refuse(candidate, e.Message);
                }
            }

            return candidates.Plans.MinBy(p => p.Milliseconds);
        }
        finally
        {
            _timing.Stop();
        }
    }

    // As a step runs it: one after the other in a graph. Launched one by one, kernels of a few microseconds would measure the host.
    private double Measure(ConvolutionPlan plan, TrialMemory memory)
    {
        using BoundConvolution bound = plan.Bind(memory.Addresses);
        using CudaEvent start = CudaEvent.Create(_context, timing: true);
        using CudaEvent end = CudaEvent.Create(_context, timing: true);
        bound.Run(_kernels);
        _stream.Synchronize();
        using CudaGraph? graph = _graphs ? _stream.Capture(Run) : null;
        Launch();
        double[] times = new double[Repetitions];
        for (int i = 0; i < Repetitions; i++)
        {
            start.Record(_stream);
            Launch();
            end.Record(_stream);
            end.Synchronize();
            times[i] = CudaEvent.Milliseconds(start, end) / TimedRuns;
        }

        Array.Sort(times);
        return times[Repetitions / 2];

        void Run()
        {
            for (int run = 0; run < TimedRuns; run++)
            {
                bound.Run(_kernels);
            }
        }

        void Launch()
        {
            if (graph is null)
            {
                Run();
            }
            else
            {
                graph.Launch(_stream);
            }
        }
    }
}
