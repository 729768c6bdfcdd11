using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Programs;

/// <summary>A dense layer forwards and backwards: our own kernels for small batches, which are bound by reading the weights, cuBLAS for larger ones.</summary>
internal sealed class DenseStep
{
    /// <summary>From this batch on cuBLAS does it, unless the weights are bytes.</summary>
    /// <remarks>An estimate: our kernels read the weights once for every four images, cuBLAS once; its tiles are not full below 8. To be measured.</remarks>
    public const int CublasFrom = 8;

    private readonly NetworkKernels _kernels;
    private readonly CublasHandle? _cublas;
    private readonly Node _node;
    private readonly int _images;
    private readonly Precision _precision;
    private readonly bool _isInt8;
    private readonly DevicePointer _weights;
    private readonly DevicePointer _largest;
    private readonly DevicePointer _bias;

    /// <summary>Creates the step.</summary>
    /// <param name="kernels">Our own.</param>
    /// <param name="cublas">What does it where <see cref="UsesCublas"/>; else null.</param>
    /// <param name="node">The layer.</param>
    /// <param name="images">Batch.</param>
    /// <param name="precision">Arithmetic; not Auto.</param>
    /// <param name="isInt8">Whether the weights are a byte each.</param>
    /// <param name="weights">T (inputs, outputs); or as <see cref="WeightForm.DenseInt8"/>.</param>
    /// <param name="bias">float32 (outputs).</param>
    public DenseStep(NetworkKernels kernels, CublasHandle? cublas, Node node, int images, Precision precision, bool isInt8, DevicePointer weights, DevicePointer bias)
    {
        _kernels = kernels;
        _cublas = UsesCublas(images, isInt8) ? cublas ?? throw new ArgumentNullException(nameof(cublas)) : null;
        _node = node;
        _images = images;
        _precision = precision;
        _isInt8 = isInt8;
        _weights = weights;
        _largest = isInt8 ? weights + WeightStore.LargestOffset(node) : DevicePointer.None;
        _bias = bias;
    }

    private ElementType Element => Elements.Of(_precision);

    private CudaDataType DataType => Element switch
    {
        ElementType.Float16 => CudaDataType.Float16,
        ElementType.BFloat16 => CudaDataType.BFloat16,
        _ => CudaDataType.Float32,
    };

    private CublasComputeType ComputeType => _precision switch
    {
        Precision.Fp32 => CublasComputeType.Float32Pedantic,
        Precision.Tf32 => CublasComputeType.Float32FastTf32,
        _ => CublasComputeType.Float32,
    };

    /// <summary>Whether a batch goes through cuBLAS.</summary>
    public static bool UsesCublas(int images, bool isInt8) => images >= CublasFrom && !isInt8;

    /// <summary>In which form the weights are needed.</summary>
    public static WeightForm Form(bool isInt8) => isInt8 ? WeightForm.DenseInt8 : WeightForm.Dense;

    /// <summary>Bytes of scratch that the forward pass needs.</summary>
    public static long Scratch(Node node, int images, bool isInt8) => UsesCublas(images, isInt8) ? 0 : DenseColumns.ScratchBytes(images, node.Inputs, node.Outputs);

    /// <summary>Queues y = W x + b, and the ReLU.</summary>
    public void Forward(DevicePointer x, DevicePointer y, DevicePointer scratch)
    {
        if (_isInt8)
        {
            _kernels.Columns.LaunchInt8(x, _weights, _largest, _bias, DevicePointer.None, y, scratch, _images, _node.Inputs, _node.Outputs, _node.FusesRelu, Element);
            return;
        }

        if (_cublas is null)
        {
            _kernels.Columns.Launch(x, _weights, _bias, DevicePointer.None, y, scratch, _images, _node.Inputs, _node.Outputs, _node.FusesRelu, Element);
            return;
        }

        // cuBLAS counts by columns: our rows (in, out) are its (out, in).
        _cublas.Multiply(CublasOperation.None, _node.Outputs, _images, _node.Inputs, _weights, x, y, DataType, ComputeType);
        _kernels.Bias.Forward(y, _bias, y, _images, _node.Outputs, _node.FusesRelu, Element);
    }

    /// <summary>Queues dx = W^T dy, and the mask of the ReLU before where it is given.</summary>
    /// <param name="mask">The layer's own input; or none, where no ReLU is taken along.</param>
    public void Backward(DevicePointer dy, DevicePointer mask, DevicePointer dx)
    {
        if (_isInt8)
        {
            _kernels.Rows.LaunchInt8(dy, _weights, _largest, DevicePointer.None, mask, dx, _images, _node.Inputs, _node.Outputs, relu: false, Element);
            return;
        }

        if (_cublas is null)
        {
            _kernels.Rows.Launch(dy, _weights, DevicePointer.None, mask, dx, _images, _node.Inputs, _node.Outputs, relu: false, Element);
            return;
        }

        _cublas.Multiply(CublasOperation.Transpose, _node.Inputs, _images, _node.Outputs, _weights, dy, dx, DataType, ComputeType);
        if (mask != DevicePointer.None)
        {
            _kernels.Bias.Backward(dx, mask, dx, (long)_images * _node.Inputs, Element);
        }
    }
}
