using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A dense layer forwards and backwards: our own kernels for small batches, which are bound by reading the weights, cuBLAS for larger ones.</summary>
internal sealed unsafe class DenseStep
{
    /// <summary>From this batch on cuBLAS does it.</summary>
    /// <remarks>An estimate: our kernels read the weights once for every four images, cuBLAS once; its tiles are not full below 8. To be measured.</remarks>
    public const int CublasFrom = 8;

    private readonly CudaBackend _backend;
    private readonly Node _node;
    private readonly int _images;
    private readonly Precision _precision;
    private readonly ulong _weights;
    private readonly ulong _bias;

    /// <summary>Creates the step.</summary>
    public DenseStep(CudaBackend backend, Node node, int images, Precision precision, ulong weights, ulong bias)
    {
        _backend = backend;
        _node = node;
        _images = images;
        _precision = precision;
        _weights = weights;
        _bias = bias;
        if (UsesCublas)
        {
            // Now, while allocating is allowed: the first use may be in a capture.
            _ = backend.Cublas;
        }
    }

    private ElementType Element => Elements.Of(_precision);

    private bool UsesCublas => _images >= CublasFrom;

    /// <summary>Bytes of scratch that the forward pass needs.</summary>
    public static long Scratch(INetworkKernels kernels, Node node, int images) =>
        images >= CublasFrom ? 0 : kernels.DenseScratch(images, node.Inputs, node.Outputs);

    /// <summary>Queues y = W x + b, and the ReLU.</summary>
    public void Forward(ulong x, ulong y, ulong scratch)
    {
        INetworkKernels kernels = _backend.NetworkKernels;
        if (!UsesCublas)
        {
            kernels.Dense(x, _weights, _bias, y, scratch, _images, _node.Inputs, _node.Outputs, _node.Relu, Element);
            return;
        }

        // cuBLAS counts by columns: our rows (in, out) are its (out, in).
        Multiply(CublasOperation.None, _node.Outputs, _node.Inputs, x, y);
        kernels.BiasRelu(y, _bias, y, _images, _node.Outputs, _node.Relu, Element);
    }

    /// <summary>Queues dx = W^T dy, and the mask of the ReLU before.</summary>
    /// <param name="mask">The layer's own input.</param>
    public void Backward(ulong dy, ulong mask, ulong dx)
    {
        INetworkKernels kernels = _backend.NetworkKernels;
        if (!UsesCublas)
        {
            kernels.DenseBackward(dy, _weights, mask, dx, _images, _node.Inputs, _node.Outputs, Element);
            return;
        }

        Multiply(CublasOperation.Transpose, _node.Inputs, _node.Outputs, dy, dx);
        kernels.ReluBackward(dx, mask, dx, (long)_images * _node.Inputs, Element);
    }

    private void Multiply(CublasOperation operation, int rows, int inner, ulong vectors, ulong result)
    {
        float one = 1;
        float zero = 0;
        CudaDataType type = Element switch
        {
            ElementType.Float16 => CudaDataType.Float16,
            ElementType.BFloat16 => CudaDataType.BFloat16,
            _ => CudaDataType.Float32,
        };
        CublasComputeType compute = _precision switch
        {
            Precision.Fp32 => CublasComputeType.Float32Pedantic,
            Precision.Tf32 => CublasComputeType.Float32FastTf32,
            _ => CublasComputeType.Float32,
        };
        const int DefaultAlgorithm = -1;
        CublasNative.ThrowIfFailed(CublasNative.cublasGemmEx(
            _backend.Cublas.Raw, operation, CublasOperation.None, rows, _images, inner, &one, _weights, type, _node.Outputs, vectors, type, inner, &zero, result, type, rows, compute, DefaultAlgorithm));
    }
}
