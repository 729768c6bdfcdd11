using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>An engine of cuDNN, ready to do a request. Usable by every program on the same backend.</summary>
internal sealed class ConvolutionPlan : IDisposable
{
    private readonly CudnnHandle _library;
    private readonly CudnnDescriptor _plan;
    private readonly List<IDisposable> _parts;

    /// <summary>Creates a plan.</summary>
    /// <param name="library">The handle that it was made with, and runs with.</param>
    /// <param name="request">What it does.</param>
    /// <param name="variant">As which graph.</param>
    /// <param name="plan">The finalised execution plan; the plan's from now on.</param>
    /// <param name="parts">What it refers to; disposed of after it.</param>
    public ConvolutionPlan(CudnnHandle library, ConvolutionRequest request, ConvolutionVariant variant, CudnnDescriptor plan, params IDisposable[] parts)
    {
        _library = library;
        Request = request;
        Variant = variant;
        _plan = plan;
        _parts = [.. parts];
        WorkspaceBytes = plan.GetLong(CudnnAttribute.ExecutionPlanWorkspaceSize);
    }

    /// <summary>What it does.</summary>
    public ConvolutionRequest Request { get; }

    /// <summary>As which graph.</summary>
    public ConvolutionVariant Variant { get; }

    /// <summary>Scratch memory that it needs.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Milliseconds measured when it was chosen; NaN where it was not measured.</summary>
    public double Milliseconds { get; set; } = double.NaN;

    /// <summary>Programs' convolutions that are tied to it; it must outlive them.</summary>
    public int Users { get; internal set; }

    /// <summary>cuDNN's own form, to be loaded again by the same version on the same GPU.</summary>
    public byte[] Serialize() => _plan.GetText(CudnnAttribute.ExecutionPlanJson);

    /// <summary>Disposes of something else after the plan: what it refers to must outlive it.</summary>
    public void Keep(IDisposable part) => _parts.Add(part);

    /// <summary>Ties the plan to addresses.</summary>
    /// <param name="addresses">Where everything lies.</param>
    public BoundConvolution Bind(ConvolutionAddresses addresses)
    {
        List<long> ids = [ConvolutionGraph.SourceId, ConvolutionGraph.WeightsId, ConvolutionGraph.ResultId];
        List<DevicePointer> pointers = [addresses.Source, addresses.Weights, addresses.Result];
        if (Variant is ConvolutionVariant.FusedFloatBias or ConvolutionVariant.FusedOwnBias)
        {
            ids.Add(ConvolutionGraph.BiasId);
            pointers.Add(addresses.Bias);
        }

        if (Variant is ConvolutionVariant.FusedTurned or ConvolutionVariant.FusedBackwardData)
        {
            ids.Add(ConvolutionGraph.MaskId);
            pointers.Add(addresses.Mask);
        }

        CudnnDescriptor pack = new(CudnnDescriptorType.VariantPack);
        try
        {
            pack.Set(CudnnAttribute.VariantPackUniqueIds, [.. ids])
                .SetPointers(CudnnAttribute.VariantPackDataPointers, [.. pointers])
                .SetPointers(CudnnAttribute.VariantPackWorkspace, addresses.Workspace)
                .Complete();
            return new BoundConvolution(this, pack, addresses);
        }
        catch
        {
            pack.Dispose();
            throw;
        }
    }

    /// <summary>Queues the engine on its handle's stream.</summary>
    internal void Execute(CudnnDescriptor pack) =>
        CudnnNative.ThrowIfFailed(CudnnNative.cudnnBackendExecute(_library.Raw, _plan.Raw, pack.Raw), $"running a convolution ({Request}, {Variant})");

    /// <inheritdoc/>
    public void Dispose()
    {
        _plan.Dispose();
        foreach (IDisposable part in _parts)
        {
            part.Dispose();
        }
    }
}

/// <summary>Where a convolution's tensors lie on the device; those that a variant does not use are ignored.</summary>
/// <param name="Source">What goes in: activations, or backwards the outputs' gradient.</param>
/// <param name="Weights">In the form that the variant needs.</param>
/// <param name="Bias">In the type that the variant needs.</param>
/// <param name="Mask">What the ReLU before this layer gave.</param>
/// <param name="Result">What comes out.</param>
/// <param name="Workspace">At least <see cref="ConvolutionPlan.WorkspaceBytes"/>, or none where that is 0.</param>
internal readonly record struct ConvolutionAddresses(DevicePointer Source, DevicePointer Weights, DevicePointer Bias, DevicePointer Mask, DevicePointer Result, DevicePointer Workspace);

/// <summary>A plan tied to addresses, with our own kernel behind it where the engine leaves something to do.</summary>
internal sealed class BoundConvolution : IDisposable
{
    private readonly CudnnDescriptor _pack;
    private readonly ConvolutionAddresses _addresses;

    internal BoundConvolution(ConvolutionPlan plan, CudnnDescriptor pack, ConvolutionAddresses addresses)
    {
        Plan = plan;
        _pack = pack;
        _addresses = addresses;
        plan.Users++;
    }

    /// <summary>The plan.</summary>
    public ConvolutionPlan Plan { get; }

    /// <summary>Queues it.</summary>
    public void Run(NetworkKernels kernels)
    {
        Plan.Execute(_pack);
        if (!Plan.Variant.IsBare())
        {
            return;
        }

        ConvolutionRequest request = Plan.Request;
        long positions = (long)request.Images * request.Height * request.Width;
        if (!request.Backward)
        {
            kernels.Bias.Forward(_addresses.Result, _addresses.Bias, _addresses.Result, positions, request.Outputs, request.Activation, request.Element);
        }
        else if (request.Activation)
        {
            kernels.Bias.Backward(_addresses.Result, _addresses.Mask, _addresses.Result, positions * request.Inputs, request.Element);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_pack.IsClosed)
        {
            _pack.Dispose();
            Plan.Users--;
        }
    }
}
