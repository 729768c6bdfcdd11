using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>The plans that compete for one request: those of one rung of the ladder, or the one that was found on disk.</summary>
internal sealed class Candidates(ConvolutionRequest request, int proposals, CudnnHandle library) : IDisposable
{
    /// <summary>Engines that need more scratch memory than this are left out.</summary>
    private const long WorkspaceLimit = 256L << 20;

    // Engines with transforms only where there is nothing else on any rung.
    private readonly (bool Transforms, ConvolutionVariant[] Rung)[] _ladder =
        [.. ConvolutionVariants.Ladder(request).Select(r => (false, r)), .. ConvolutionVariants.Ladder(request).Select(r => (true, r))];

    private readonly List<ConvolutionPlan> _plans = [];
    private readonly List<string> _refusals = [];
    private int _rung;

    /// <summary>What they would do.</summary>
    public ConvolutionRequest Request => request;

    /// <summary>As <see cref="CudaOptions.Proposals"/>.</summary>
    public int Proposals => proposals;

    /// <summary>What they are made with, and run with.</summary>
    public CudnnHandle Library => library;

    /// <summary>Those left, best guess first.</summary>
    public IReadOnlyList<ConvolutionPlan> Plans => _plans;

    /// <summary>Whether it came from the disk.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>Takes one that was found.</summary>
    public void Take(ConvolutionPlan plan)
    {
        _plans.Add(plan);
        IsLoaded = true;
    }

    /// <summary>Builds those of the next rung on which there are any.</summary>
    /// <exception cref="DeviceException">There is none left; the message holds what cuDNN said.</exception>
    public void BuildNext()
    {
        Clear();
        while (_plans.Count == 0)
        {
            if (_rung == _ladder.Length)
            {
                string said = _refusals.Count == 0 ? "It proposed no engine." : "It said: " + string.Join(" | ", _refusals.Distinct().Take(3));
                throw new DeviceException($"cuDNN has no engine for a convolution ({request}). {said} Try another precision (fp32, tf32, fp16, bf16), another cuDNN 9 version, or --device cpu.");
            }

            (bool transforms, ConvolutionVariant[] rung) = _ladder[_rung++];
            foreach (ConvolutionVariant variant in rung)
            {
                int most = proposals > 0 ? proposals : _plans.Count == 0 ? 1 : 0;
                _plans.AddRange(BuildVariant(library, request, variant, transforms, most, _refusals));
            }
        }
    }

    /// <summary>Drops one that was built and does not run.</summary>
    public void Refuse(ConvolutionPlan plan, string why)
    {
        _refusals.Add(why);
        _plans.Remove(plan);
        plan.Dispose();
    }

    /// <summary>Keeps one and drops the others.</summary>
    /// <returns>The one; the caller's.</returns>
    public ConvolutionPlan Choose(ConvolutionPlan plan)
    {
        _plans.Remove(plan);
        Clear();
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    /// <summary>Plans of one graph, best guess first; the caller's. None where cuDNN does not take it.</summary>
    /// <param name="library">What they are made with.</param>
    /// <param name="request">What they do.</param>
    /// <param name="variant">As which graph.</param>
    /// <param name="transforms">As for <see cref="EngineList.IsWelcome"/>.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="refusals">Gets why one was not built.</param>
    public static List<ConvolutionPlan> BuildVariant(CudnnHandle library, ConvolutionRequest request, ConvolutionVariant variant, bool transforms, int most, List<string> refusals)
    {
        if (most == 0)
        {
            return [];
        }

        ConvolutionGraph graph;
        try
        {
            graph = ConvolutionGraph.Build(library, request, variant);
        }
        catch (CudaException e) when (e is not CudaFatalException)
        {
            refusals.Add(e.Message);
            return [];
        }

        SharedGraph shared = new(graph);
        try
        {
            List<ConvolutionPlan> plans = EngineList.Build(library, graph, request, variant, transforms, most, WorkspaceLimit, refusals);
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

    private void Clear()
    {
        _plans.ForEach(p => p.Dispose());
        _plans.Clear();
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
}
