namespace VggCuda.Kernels.Operations;

/// <summary>Our own kernels of the network: everything around cuDNN's convolutions.</summary>
/// <remarks>
/// <para>"T" is the element type of activations and weights; biases are float32. Tensors are (N, H, W, C), aligned to 256 bytes; C is a multiple of 8, channels beyond the layer's own hold zeros. All work goes to the library's stream, allocates nothing and may be captured. Accumulation is float32 in an order that depends on the shape alone.</para>
/// <para><c>status</c> points to one int32 (or nowhere): a kernel that meets a value that is not finite stores <c>mark</c> there and goes on. Plain stores; it does not matter which mark wins.</para>
/// </remarks>
internal sealed class NetworkKernels(KernelLibrary library)
{
    /// <summary>From the image into the network, and its gradient back.</summary>
    public NetworkInput Input { get; } = new(library);

    /// <summary>The same of an image that is shifted on the way.</summary>
    public ShiftedInput ShiftedInput { get; } = new(library);

    /// <summary>The same of a view of an image.</summary>
    public WarpedInput WarpedInput { get; } = new(library);

    /// <summary>Max-pooling.</summary>
    public MaxPool Pool { get; } = new(library);

    /// <summary>Bias, ReLU and its mask, where cuDNN does not fuse them.</summary>
    public BiasRelu Bias { get; } = new(library);

    /// <summary>A ReLU by itself, where a tap keeps it from being fused.</summary>
    public Relu Relu { get; } = new(library);

    /// <summary>Dense layers forwards.</summary>
    public DenseColumns Columns { get; } = new(library);

    /// <summary>Dense layers backwards.</summary>
    public DenseRows Rows { get; } = new(library);

    /// <summary>The wanted channels of a tap.</summary>
    public Tap Tap { get; } = new(library);

    /// <summary>Gradients given and read at taps inside the network.</summary>
    public TapGradient TapGradient { get; } = new(library);

    /// <summary>Softmax over the classes.</summary>
    public Softmax Softmax { get; } = new(library);

    /// <summary>The likeliest classes.</summary>
    public TopK Top { get; } = new(library);

    /// <summary>Halves that overflowed.</summary>
    public CheckFinite Finite { get; } = new(library);

    /// <summary>Weights into a network's layout and number type.</summary>
    public ArrangeWeights Arrange { get; } = new(library);

    /// <summary>Dense weights into a byte each.</summary>
    public QuantizeWeights Quantize { get; } = new(library);
}
