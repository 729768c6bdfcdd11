using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>Engines that cuDNN's heuristics propose for a graph, without those whose results we do not want.</summary>
internal static class EngineList
{
    /// <summary>Whether an engine with these notes may be used.</summary>
    /// <param name="notes">Its numerical notes.</param>
    /// <param name="precision">For strict float32 never tensor cores or inputs rounded to TF32.</param>
    /// <param name="transforms">Whether Winograd's and Fourier's transforms will do, whose rounding errors are many times a plain sum's.</param>
    /// <remarks>Never: results that change from run to run, and sums in half precision.</remarks>
    public static bool IsWelcome(ReadOnlySpan<int> notes, Precision precision, bool transforms = false)
    {
        foreach (int note in notes)
        {
            switch ((CudnnNumericalNote)note)
            {
                case CudnnNumericalNote.Nondeterministic:
                case CudnnNumericalNote.ReducedPrecisionReduction:
                case (CudnnNumericalNote.Fft or CudnnNumericalNote.Winograd or CudnnNumericalNote.WinogradTile4x4 or CudnnNumericalNote.WinogradTile6x6 or CudnnNumericalNote.WinogradTile13x13) when !transforms:
                case CudnnNumericalNote.TensorCore or CudnnNumericalNote.DownConvertInputs when precision == Precision.Fp32:
                    return false;
                default:
                    break;
            }
        }

        return true;
    }

    /// <summary>Plans that can be built for a graph, best guess first.</summary>
    /// <param name="library">cuDNN.</param>
    /// <param name="graph">The graph; it must outlive the plans.</param>
    /// <param name="request">What the graph does.</param>
    /// <param name="variant">As which variant.</param>
    /// <param name="transforms">As for <see cref="IsWelcome"/>.</param>
    /// <param name="most">How many plans are wanted; building one can take a second.</param>
    /// <param name="workspaceLimit">Plans that need more scratch memory are left out.</param>
    /// <param name="refusals">Gets why a plan was not built.</param>
    public static List<ConvolutionPlan> Build(
        CudnnHandle library, ConvolutionGraph graph, ConvolutionRequest request, ConvolutionVariant variant, bool transforms, int most, long workspaceLimit, List<string> refusals)
    {
        List<ConvolutionPlan> plans = [];
        try
        {
            foreach (CudnnHeuristicMode mode in (ReadOnlySpan<CudnnHeuristicMode>)[CudnnHeuristicMode.A, CudnnHeuristicMode.Fallback])
            {
                if (plans.Count == 0)
                {
                    AddPlans(library, graph, mode, request, variant, transforms, most, workspaceLimit, plans, refusals);
                }
            }

            return plans;
        }
        catch
        {
            plans.ForEach(p => p.Dispose());
            throw;
        }
    }

    private static void AddPlans(
        CudnnHandle library, ConvolutionGraph graph, CudnnHeuristicMode mode, ConvolutionRequest request, ConvolutionVariant variant, bool transforms, int most, long workspaceLimit, List<ConvolutionPlan> plans, List<string> refusals)
    {
        using CudnnDescriptor heuristics = new(CudnnDescriptorType.EngineHeuristics);
        heuristics.SetEnum(CudnnAttribute.HeuristicsMode, CudnnAttributeType.HeuristicMode, (int)mode).Set(CudnnAttribute.HeuristicsOperationGraph, graph.Graph);
        if (heuristics.TryComplete() is DeviceException refusal)
        {
            refusals.Add(refusal.Message);
            return;
        }

        // More than a few dozen engines are never proposed; asking for the number first costs a full run of the heuristics.
        const int MostProposals = 32;
        List<CudnnDescriptor> configurations = [];
        try
        {
            for (int i = 0; i < MostProposals; i++)
            {
                configurations.Add(new CudnnDescriptor(CudnnDescriptorType.EngineConfig));
            }

            int count = Math.Min(MostProposals, heuristics.GetDescriptors(CudnnAttribute.HeuristicsResults, [.. configurations]));
            for (int i = 0; i < count && plans.Count < most; i++)
            {
                if (TryBuild(library, configurations[i], request, variant, transforms, workspaceLimit, refusals) is ConvolutionPlan plan)
                {
                    configurations[i] = null!;
                    plans.Add(plan);
                }
            }
        }
        finally
        {
            foreach (CudnnDescriptor? configuration in configurations)
            {
                configuration?.Dispose();
            }
        }
    }

    private static ConvolutionPlan? TryBuild(CudnnHandle library, CudnnDescriptor configuration, ConvolutionRequest request, ConvolutionVariant variant, bool transforms, long workspaceLimit, List<string> refusals)
    {
        using (CudnnDescriptor engine = new(CudnnDescriptorType.Engine))
        {
            configuration.GetDescriptors(CudnnAttribute.EngineConfigEngine, [engine]);
            if (!IsWelcome(engine.GetEnums(CudnnAttribute.EngineNumericalNotes, CudnnAttributeType.NumericalNote), request.Precision, transforms))
            {
                return null;
            }
        }

        CudnnDescriptor plan = new(CudnnDescriptorType.ExecutionPlan);
        try
        {
            plan.Set(CudnnAttribute.ExecutionPlanHandle, library).Set(CudnnAttribute.ExecutionPlanEngineConfig, configuration);
            if (plan.TryComplete() is DeviceException refusal)
            {
                refusals.Add(refusal.Message);
            }
            else if (plan.GetLong(CudnnAttribute.ExecutionPlanWorkspaceSize) is long bytes && bytes > workspaceLimit)
            {
                refusals.Add($"an engine needs {bytes >> 20} MiB of workspace");
            }
            else
            {
                ConvolutionPlan built = new(library, request, variant, plan, configuration);
                plan = null!;
                return built;
            }

            return null;
        }
        finally
        {
            plan?.Dispose();
        }
    }
}
