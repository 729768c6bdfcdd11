using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Cudnn;

/// <summary>An operation graph for one variant of a convolution, with the descriptors that it is made of.</summary>
/// <remarks>
/// Forward: conv(X, W) -> virtual; + B -> virtual; ReLU -> Y. Backward: conv(DY, turned W) or backward-data(DY, W) -> virtual; ReLU backward with M -> DX.
/// Virtual tensors and all arithmetic are float32. Dimensions are always (N, C, H, W); channels-last is in the strides, and NCHW would be many times slower.
/// </remarks>
internal sealed class ConvolutionGraph : IDisposable
{
    /// <summary>Identifiers of the tensors: fixed, because a serialised plan holds them.</summary>
    public const long SourceId = 1;

    /// <inheritdoc cref="SourceId"/>
    public const long WeightsId = 2;

    /// <inheritdoc cref="SourceId"/>
    public const long BiasId = 3;

    /// <inheritdoc cref="SourceId"/>
    public const long ResultId = 4;

    /// <inheritdoc cref="SourceId"/>
    public const long MaskId = 5;

    private const long FirstVirtualId = 100;

    // What every buffer of a program is aligned to, at least.
    private const long Alignment = 16;

    private readonly List<CudnnDescriptor> _descriptors = [];
    private readonly List<CudnnDescriptor> _operations = [];
    private readonly ConvolutionRequest _request;
    private long _nextVirtual = FirstVirtualId;

    private ConvolutionGraph(ConvolutionRequest request) => _request = request;

    /// <summary>The finalised graph.</summary>
    public CudnnDescriptor Graph { get; private set; } = null!;

    /// <summary>Builds the graph.</summary>
    /// <exception cref="CudaException">cuDNN does not take it.</exception>
    public static ConvolutionGraph Build(CudnnHandle library, ConvolutionRequest request, ConvolutionVariant variant)
    {
        ConvolutionGraph graph = new(request);
        try
        {
            graph.AddOperations(variant);
            graph.Graph = graph.Add(CudnnDescriptorType.OperationGraph)
                .Set(CudnnAttribute.OperationGraphHandle, library)
                .Set(CudnnAttribute.OperationGraphOperations, [.. graph._operations])
                .Complete();
            return graph;
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = _descriptors.Count - 1; i >= 0; i--)
        {
            _descriptors[i].Dispose();
        }

        _descriptors.Clear();
    }

    private void AddOperations(ConvolutionVariant variant)
    {
        (int inputs, int outputs) = (_request.Inputs, _request.Outputs);
        switch (variant)
        {
            case ConvolutionVariant.FusedFloatBias:
            case ConvolutionVariant.FusedOwnBias:
                CudnnDescriptor sum = Convolve(inputs, outputs, null);
                CudnnDescriptor bias = Tensor(BiasId, 1, outputs, 1, 1, variant == ConvolutionVariant.FusedFloatBias ? CudnnDataType.Float : Type(), isVirtual: false);
                CudnnDescriptor biased = _request.Activation ? Virtual(outputs) : Result(outputs);
                Pointwise(CudnnPointwiseMode.Add)
                    .Set(CudnnAttribute.PointwiseOperationX, sum)
                    .Set(CudnnAttribute.PointwiseOperationB, bias)
                    .Set(CudnnAttribute.PointwiseOperationY, biased)
                    .Complete();
                if (_request.Activation)
                {
                    Pointwise(CudnnPointwiseMode.ReluForward)
                        .Set(CudnnAttribute.PointwiseOperationX, biased)
                        .Set(CudnnAttribute.PointwiseOperationY, Result(outputs))
                        .Complete();
                }

                break;
            case ConvolutionVariant.Bare:
                Convolve(inputs, outputs, Result(outputs));
                break;
            case ConvolutionVariant.BareTurned:
                Convolve(outputs, inputs, Result(inputs));
                break;
            case ConvolutionVariant.BareBackwardData:
                BackwardData(Result(inputs));
                break;
            case ConvolutionVariant.FusedTurned:
                Mask(Convolve(outputs, inputs, null));
                break;
            default:
                Mask(BackwardData(Virtual(inputs)));
                break;
        }
    }

    // The data that goes in is called the source, forwards and backwards.
    private CudnnDescriptor Convolve(int from, int to, CudnnDescriptor? result)
    {
        CudnnDescriptor source = Tensor(SourceId, _request.Images, from, _request.Height, _request.Width, Type(), isVirtual: false);
        CudnnDescriptor weights = Tensor(WeightsId, to, from, 3, 3, Type(), isVirtual: false);
        result ??= Virtual(to);
        Operation(CudnnDescriptorType.ConvolutionForwardOperation)
            .Set(CudnnAttribute.ConvolutionForwardAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionForwardBeta, 0f)
            .Set(CudnnAttribute.ConvolutionForwardConvolution, Convolution())
            .Set(CudnnAttribute.ConvolutionForwardX, source)
            .Set(CudnnAttribute.ConvolutionForwardW, weights)
            .Set(CudnnAttribute.ConvolutionForwardY, result)
            .Complete();
        return result;
    }

    private CudnnDescriptor BackwardData(CudnnDescriptor result)
    {
        CudnnDescriptor source = Tensor(SourceId, _request.Images, _request.Outputs, _request.Height, _request.Width, Type(), isVirtual: false);
        CudnnDescriptor weights = Tensor(WeightsId, _request.Outputs, _request.Inputs, 3, 3, Type(), isVirtual: false);
        Operation(CudnnDescriptorType.ConvolutionBackwardDataOperation)
            .Set(CudnnAttribute.ConvolutionBackwardDataAlpha, 1f)
            .Set(CudnnAttribute.ConvolutionBackwardDataBeta, 0f)
            .Set(CudnnAttribute.ConvolutionBackwardDataConvolution, Convolution())
            .Set(CudnnAttribute.ConvolutionBackwardDataW, weights)
            .Set(CudnnAttribute.ConvolutionBackwardDataDy, source)
            .Set(CudnnAttribute.ConvolutionBackwardDataDx, result)
            .Complete();
        return result;
    }

    private void Mask(CudnnDescriptor gradient)
    {
        CudnnDescriptor mask = Tensor(MaskId, _request.Images, _request.Inputs, _request.Height, _request.Width, Type(), isVirtual: false);
        Pointwise(CudnnPointwiseMode.ReluBackward)
            .Set(CudnnAttribute.PointwiseOperationDy, gradient)
            .Set(CudnnAttribute.PointwiseOperationX, mask)
            .Set(CudnnAttribute.PointwiseOperationDx, Result(_request.Inputs))
            .Complete();
    }

    private CudnnDescriptor Convolution() => Add(CudnnDescriptorType.Convolution)
        .SetEnum(CudnnAttribute.ConvolutionComputeType, CudnnAttributeType.DataType, (int)CudnnDataType.Float)
        .SetEnum(CudnnAttribute.ConvolutionMode, CudnnAttributeType.ConvolutionMode, 1) // cross-correlation
        .Set(CudnnAttribute.ConvolutionSpatialDimensions, 2L)
        .Set(CudnnAttribute.ConvolutionDilations, 1L, 1L)
        .Set(CudnnAttribute.ConvolutionFilterStrides, 1L, 1L)
        .Set(CudnnAttribute.ConvolutionPrePaddings, 1L, 1L)
        .Set(CudnnAttribute.ConvolutionPostPaddings, 1L, 1L)
        .Complete();

    private CudnnDescriptor Pointwise(CudnnPointwiseMode mode)
    {
        CudnnDescriptor pointwise = Add(CudnnDescriptorType.Pointwise)
            .SetEnum(CudnnAttribute.PointwiseMode, CudnnAttributeType.PointwiseMode, (int)mode)
            .SetEnum(CudnnAttribute.PointwiseMathPrecision, CudnnAttributeType.DataType, (int)CudnnDataType.Float)
            .Complete();
        return Operation(CudnnDescriptorType.PointwiseOperation).Set(CudnnAttribute.PointwiseOperationPointwise, pointwise);
    }

    private CudnnDescriptor Result(int channels) => Tensor(ResultId, _request.Images, channels, _request.Height, _request.Width, Type(), isVirtual: false);

    private CudnnDescriptor Virtual(int channels) =>
        Tensor(_nextVirtual++, _request.Images, channels, _request.Height, _request.Width, CudnnDataType.Float, isVirtual: true);

    private CudnnDescriptor Tensor(long id, long n, long c, long h, long w, CudnnDataType type, bool isVirtual)
    {
        CudnnDescriptor tensor = Add(CudnnDescriptorType.Tensor)
            .Set(CudnnAttribute.TensorByteAlignment, Alignment)
            .SetEnum(CudnnAttribute.TensorDataType, CudnnAttributeType.DataType, (int)type)
            .Set(CudnnAttribute.TensorDimensions, n, c, h, w)
            .Set(CudnnAttribute.TensorStrides, h * w * c, 1L, w * c, c)
            .Set(CudnnAttribute.TensorUniqueId, id);
        return (isVirtual ? tensor.Set(CudnnAttribute.TensorIsVirtual, true) : tensor).Complete();
    }

    private CudnnDataType Type() => _request.Element switch
    {
        ElementType.Float16 => CudnnDataType.Half,
        ElementType.BFloat16 => CudnnDataType.BFloat16,
        _ => CudnnDataType.Float,
    };

    private CudnnDescriptor Operation(CudnnDescriptorType type)
    {
        CudnnDescriptor operation = Add(type);
        _operations.Add(operation);
        return operation;
    }

    private CudnnDescriptor Add(CudnnDescriptorType type)
    {
        CudnnDescriptor descriptor = new(type);
        _descriptors.Add(descriptor);
        return descriptor;
    }
}
