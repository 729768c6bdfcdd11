using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>Finds the plan for each convolution: in memory, on disk, or by asking cuDNN's heuristics and timing the first few on the device.</summary>
/// <remarks>
/// Which engine wins a race can change from one measurement to the next, and with it the last bits of a result; the
/// winner on disk keeps runs alike. <c>VGGCUDA_AUTOTUNE=0</c> measures nothing and takes the heuristics' first word.
/// </remarks>
internal sealed class PlanSelector : IDisposable
{
    // Proposals per variant that are built and timed. The best is nearly always among the first three.
    private const int PlansPerVariant = 3;
    private const int TimedRuns = 5;
    private const int Repetitions = 3;

    /// <summary>Engines that need more scratch memory than this are left out.</summary>
    internal const long WorkspaceLimit = 256L << 20;

    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly CudnnHandle _library;
    private readonly NetworkKernels _kernels;
    private readonly PlanCache _cache;
    private readonly bool _measures;
    private readonly Dictionary<ConvolutionRequest, ConvolutionPlan> _plans = [];

    /// <summary>Creates a selector.</summary>
    public PlanSelector(CudaContext context, CudaStream stream, CudnnHandle library, NetworkKernels kernels, PlanCache cache, bool measures)
    {
        _context = context;
        _stream = stream;
        _library = library;
        _kernels = kernels;
        _cache = cache;
        _measures = measures;
    }

    /// <summary>How many plans were found in memory, loaded from disk, and built anew: for tests and reports.</summary>
    public (int Known, int Loaded, int Built) Counts { get; private set; }

    /// <summary>The plan for a request; it belongs to the selector.</summary>
    /// <exception cref="DeviceException">cuDNN has no engine for it; the message holds what it said.</exception>
    public ConvolutionPlan Select(ConvolutionRequest request)
    {
        (int known, int loaded, int built) = Counts;
        if (_plans.TryGetValue(request, out ConvolutionPlan? plan))
        {
            Counts = (known + 1, loaded, built);
            return plan;
        }

        plan = Load(request);
        if (plan is not null)
        {
            Counts = (known, loaded + 1, built);
        }
        else
        {
            plan = Build(request);
            Counts = (known, loaded, built + 1);
        }

        _plans.Add(request, plan);
        return plan;
    }

    /// <summary>The scratch memory of a request's plan, or null where the plan is not known without building it.</summary>
    public long? KnownWorkspace(ConvolutionRequest request) => _plans.TryGetValue(request, out ConvolutionPlan? plan) ? plan.WorkspaceBytes : null;

    /// <summary>Every plan that can be built for a request on one rung of the ladder; the caller's. For reports that compare them.</summary>
    public List<ConvolutionPlan> All(ConvolutionRequest request, ConvolutionVariant variant, int most)
    {
        List<string> refusals = [];
        return BuildVariant(request, variant, transforms: false, most, refusals);
    }

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
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ConvolutionPlan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _plans.Clear();
    }

    private ConvolutionPlan? Load(ConvolutionRequest request)
    {
        if (_cache.Find(request) is not CachedPlan cached || cached.Plan.Length == 0)
        {
            return null;
        }

        CudnnDescriptor descriptor = new(CudnnDescriptorType.ExecutionPlan);
        try
        {
            descriptor.Set(CudnnAttribute.ExecutionPlanHandle, _library).SetText(CudnnAttribute.ExecutionPlanJson, cached.Plan);
            if (descriptor.TryComplete() is null)
            {
                return new ConvolutionPlan(request, cached.Variant, descriptor) { Milliseconds = cached.Milliseconds };
            }
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            // It does not fit this cuDNN: built again below.
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }

        descriptor.Dispose();
        _cache.Remove(request);
        return null;
    }

    private ConvolutionPlan Build(ConvolutionRequest request)
    {
        List<string> refusals = [];

        // Engines with transforms only where there is nothing else on any rung.
        foreach ((bool transforms, ConvolutionVariant[] rung) in ConvolutionVariants.Ladder(request).Select(r => (false, r)).Concat(ConvolutionVariants.Ladder(request).Select(r => (true, r))))
        {
            List<ConvolutionPlan> candidates = [];
            ConvolutionPlan? best = null;
            try
            {
                foreach (ConvolutionVariant variant in rung)
                {
                    candidates.AddRange(BuildVariant(request, variant, transforms, _measures ? PlansPerVariant : candidates.Count == 0 ? 1 : 0, refusals));
                }

                best = candidates.Count < 2 ? candidates.FirstOrDefault() : Fastest(candidates, refusals);
            }
            finally
            {
                foreach (ConvolutionPlan loser in candidates.Where(c => c != best))
                {
                    loser.Dispose();
                }
            }

            if (best is not null)
            {
                Store(request, best);
                return best;
            }
        }

        string said = refusals.Count == 0 ? "It proposed no engine." : "It said: " + string.Join(" | ", refusals.Distinct().Take(3));
        throw new DeviceException($"cuDNN has no engine for a convolution ({request}). {said} Try another precision (fp32, tf32, fp16, bf16), another cuDNN 9 version, or --device cpu.");
    }

    private void Store(ConvolutionRequest request, ConvolutionPlan plan)
    {
        try
        {
            _cache.Store(request, new CachedPlan(plan.Variant, plan.Serialize(), plan.Milliseconds));
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            // Not every engine can be serialised; it is found again the next time.
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    private List<ConvolutionPlan> BuildVariant(ConvolutionRequest request, ConvolutionVariant variant, bool transforms, int most, List<string> refusals)
    {
        if (most == 0)
        {
            return [];
        }

        ConvolutionGraph graph;
        try
        {
            graph = ConvolutionGraph.Build(_library, request, variant);
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            refusals.Add(e.Message);
            return [];
        }

        SharedGraph shared = new(graph);
        try
        {
            List<ConvolutionPlan> plans = EngineList.Build(_library, graph, request, variant, transforms, most, WorkspaceLimit, refusals);
            foreach (ConvolutionPlan plan in plans)
            {
                plan.Keep(shared.Reference());
            }

            return plans;
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            refusals.Add(e.Message);
            return [];
        }
        finally
        {
            shared.Dispose();
        }
    }

    private ConvolutionPlan? Fastest(List<ConvolutionPlan> candidates, List<string> refusals)
    {
        using TrialMemory memory = new(_context, _stream, candidates[0].Request, candidates.Max(c => c.WorkspaceBytes));
        ConvolutionPlan? best = null;
        foreach (ConvolutionPlan candidate in candidates)
        {
            try
            {
                candidate.Milliseconds = Measure(candidate, memory);
            }
            catch (CudaException e) when (e is not CudaFatalException && e.Library == "cuDNN")
            {
                // Built, but does not run: seen with engines whose sub-library is missing.
                refusals.Add(e.Message);
                continue;
            }

            if (best is null || candidate.Milliseconds < best.Milliseconds)
            {
                best = candidate;
            }
        }

        return best;
    }

    private double Measure(ConvolutionPlan plan, TrialMemory memory)
    {
        using BoundConvolution bound = plan.Bind(memory.Addresses);
        using CudaEvent start = CudaEvent.Create(_context, timing: true);
        using CudaEvent end = CudaEvent.Create(_context, timing: true);
        bound.Run(_library, _kernels);
        double[] times = new double[Repetitions];
        for (int i = 0; i < Repetitions; i++)
        {
            start.Record(_stream);
            for (int run = 0; run < TimedRuns; run++)
            {
                bound.Run(_library, _kernels);
            }

            end.Record(_stream);
            end.Synchronize();
            times[i] = CudaEvent.Milliseconds(start, end) / TimedRuns;
        }

        Array.Sort(times);
        return times[Repetitions / 2];
    }

    /// <summary>A graph that several plans refer to; the last one that goes takes it along.</summary>
    private sealed class SharedGraph(ConvolutionGraph graph) : IDisposable
    {
        private int _count = 1;

        public SharedGraph Reference()
        {
            _count++;
            return this;
        }

        public void Dispose()
        {
            if (--_count == 0)
            {
                graph.Dispose();
            }
        }
    }

    /// <summary>Memory to time plans on, filled with small numbers that neither overflow nor are zero.</summary>
    private sealed class TrialMemory : IDisposable
    {
        private readonly DeviceMemory _memory;

        public TrialMemory(CudaContext context, CudaStream stream, ConvolutionRequest request, long workspace)
        {
            long Aligned(long bytes) => (bytes + 255) / 256 * 256;
            long large = Aligned(Math.Max(request.InputBytes, request.OutputBytes));
            long weights = Aligned(request.WeightBytes);
            long bias = Aligned(request.Outputs * sizeof(float));
            _memory = DeviceMemory.Allocate(context, (3 * large) + weights + bias + Aligned(Math.Max(workspace, 1)), $"measuring a convolution ({request})");
            try
            {
                // As half, bfloat16 and single alike: about 0.03 each.
                stream.Fill(_memory.Pointer, 0x3D003D00, _memory.Bytes / 4);
            }
            catch
            {
                _memory.Dispose();
                throw;
            }

            DevicePointer at = _memory.Pointer;
            DevicePointer Take(long bytes)
            {
                DevicePointer here = at;
                at += bytes;
                return here;
            }

            Addresses = new ConvolutionAddresses(Take(large), Take(weights), Take(bias), Take(large), Take(large), Take(0));
        }

        public ConvolutionAddresses Addresses { get; }

        public void Dispose() => _memory.Dispose();
    }
}
