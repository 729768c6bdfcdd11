using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Cudnn;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Programs;

namespace VggCuda.Kernels;

/// <content>The network: plans, weights, programs.</content>
public sealed unsafe partial class CudaBackend
{
    // What a plan that has not been chosen yet is assumed to need.
    private const long AssumedWorkspace = 32L << 20;

    // Of the network compiled last: its layers' names, for messages.
    private Topology? _topology;

    /// <summary>Chosen cuDNN plans.</summary>
    internal PlanSelector Plans { get; private set; } = null!;

    /// <summary>What the plans have taken so far.</summary>
    public PlanReport PlanReport => new(Plans.Counts.Known, Plans.Counts.Loaded, Plans.Counts.Built, Plans.Seconds.Preparing, Plans.Seconds.Timing);

    /// <summary>Weights on the device.</summary>
    internal WeightStore Weights { get; private set; } = null!;

    /// <inheritdoc/>
    /// <remarks><see cref="Precision.Auto"/> is strict float32: the one that needs no proof. The others are as fast as the GPU's tensor cores; docs/cuda-engine.md says what has been shown of them.</remarks>
    /// <exception cref="DeviceException">cuDNN has no engine for a layer, or the GPU lacks the precision.</exception>
    public INetworkProgram Compile(Network network, ProgramSpec spec, CancellationToken cancellation = default)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        NetworkLayout layout = Lay(network, spec);
        _topology = network.Topology;
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return new CudaProgram(this, network, layout, cancellation);
        }
        catch (DeviceMemoryException)
        {
            // Memory kept for later use is given up before the caller is troubled.
            Stream.Synchronize();
            Weights.ReleaseUnused();
        }

        try
        {
            return new CudaProgram(this, network, layout, cancellation);
        }
        catch (DeviceMemoryException e)
        {
            throw Explain(e, network, spec);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Weights shared with other programs are counted. cuDNN's workspace is exact for layers whose plan is known, else an allowance.</remarks>
    public MemoryForecast Forecast(Network network, ProgramSpec spec)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        NetworkLayout layout = Lay(network, spec);
        ElementType type = Elements.Of(layout.Spec.Precision);
        long weights = 0;
        long workspace = 0;
        foreach (Node node in layout.Nodes.Where(n => n.Layer.HasWeights))
        {
            bool convolution = node.Layer.Kind == LayerKind.Convolution;
            weights += WeightStore.BytesOf(node, convolution ? WeightForm.Forward : DenseStep.Form(layout.IsInt8), type) + WeightStore.BytesOf(node, WeightForm.FloatBias, type);
            if (!convolution)
            {
                continue;
            }

            workspace = Math.Max(workspace, Plans.KnownWorkspace(layout.Forward(node)) ?? AssumedWorkspace);
            if (layout.Spec.NeedsGradient)
            {
                weights += WeightStore.BytesOf(node, WeightForm.Turned, type);
                workspace = Math.Max(workspace, Plans.KnownWorkspace(layout.Backward(node)) ?? AssumedWorkspace);
            }
        }

        ProgramMemory memory = new(layout, 0);
        long taps = Enumerable.Range(0, spec.Taps.Length).Sum(i => spec.TapShape(i).Count * sizeof(float) * (spec.NeedsGradient && spec.Taps[i].WantsGradient ? 2 : 1));
        return new MemoryForecast(weights, memory.TotalBytes + taps + layout.TableBytes, workspace);
    }

    /// <summary>Gives up weights and plans that no program uses, and the buffer that copies go through.</summary>
    internal void Trim()
    {
        Enter();
        Stream.Synchronize();
        Weights.ReleaseUnused();
        Plans.ReleaseUnused();
        _staging?.Dispose();
        _staging = null;
    }

    private string NumbersFailedMessage(int mark) =>
        $"Half precision overflowed, or met a value that is no number, in {NumberMarks.Describe(mark, _topology)}. Take --precision bf16, whose range is float32's, or fp32 (tf32).";

    private NetworkLayout Lay(Network network, ProgramSpec spec)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(spec);
        spec.Validate(network);
        if (spec.Precision == Precision.Auto)
        {
            spec = spec with { Precision = Precision.Fp32 };
        }

        if (spec.Precision is Precision.Bf16 or Precision.Tf32 && Device.ComputeCapability.Major < 8)
        {
            throw new DeviceException($"{Description.Name} ({Device.Name}) has compute capability {Device.ComputeCapability}; {spec.Precision.ToString().ToLowerInvariant()} needs 8.0 (Ampere). Take fp32 or fp16.");
        }

        return NetworkLayout.Of(network.Topology, spec, _options.DenseWeights == DenseWeights.EightBit);
    }

    private DeviceMemoryException Explain(DeviceMemoryException failure, Network network, ProgramSpec spec)
    {
        (long free, _) = Context.MemoryInfo();
        MemoryForecast whole = Forecast(network, spec);
        long perImage = whole.Activations / spec.Batch;
        long images = perImage == 0 ? 0 : Math.Max(0, free - whole.Weights - whole.Workspace) / perImage;
        string fits = images >= 1 && images < spec.Batch
            ? string.Create(CultureInfo.InvariantCulture, $"About {images} images would fit.")
            : "Take half precision, a smaller image, or a lower layer.";
        return new DeviceMemoryException(
            string.Create(CultureInfo.InvariantCulture, $"{spec.Batch} images of {spec.Height} x {spec.Width} up to {spec.Last.Name} need {whole.Total / 1048576.0:F0} MiB on {Description.Name}, {free / 1048576.0:F0} MiB are free. {fits}"),
            whole.Total,
            free,
            failure);
    }

    private void StartNetwork()
    {
        string machine = $"cudnn {Description.Details["cudnn"]}|{Device.Name}|{Description.Details["driver"]}";
        Plans = Own(new PlanSelector(Context, Stream, Cudnn, NetworkKernels, new PlanCache(PlanCache.DefaultDirectory(), machine), _options.Proposals, UseGraphs));

        // Every program needs it: so that compiling one leaves nothing behind but weights and plans.
        _library.Load("ArrangeWeights");
        Weights = Own(new WeightStore(Context, Stream, NetworkKernels.Arrange, NetworkKernels.Quantize));
    }
}
