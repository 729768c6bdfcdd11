using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Kernels.Cudnn;

/// <summary>How the network's activations and weights are stored on the device.</summary>
internal enum ElementType
{
    /// <summary>IEEE single.</summary>
    Float32,

    /// <summary>IEEE half.</summary>
    Float16,

    /// <summary>bfloat16.</summary>
    BFloat16,
}

/// <summary>What the network program asks of our own kernels: everything around cuDNN's convolutions.</summary>
/// <remarks>
/// <para>Addresses are device addresses, aligned to 256 bytes; layout (N, H, W, C); C is a multiple of 8, channels beyond the layer's own hold zeros. All work goes to the backend's stream, allocates nothing and may be captured. Accumulation is float32 in an order that depends on the shape alone.</para>
/// <para>"T" is the element type of activations and weights. Biases are float32.</para>
/// <para><c>status</c> is the address of one int32 (or 0): a kernel that meets a value that is not finite stores <c>mark</c> there and goes on. Plain stores; it does not matter which mark wins.</para>
/// </remarks>
internal interface INetworkKernels
{
    /// <summary>y[n, h, w, 0..2] = T(image[n, h, w, order]) - mean, y[.., 3..7] = 0. Raw: order as is, no mean. Vgg16: BGR, minus <see cref="Vgg16Means"/>.</summary>
    /// <param name="image">float32 (N, H, W, 3).</param>
    /// <param name="y">T (N, H, W, 8), overwritten.</param>
    void Input(ulong image, ulong y, int images, int height, int width, Preprocessing preprocessing, ElementType type);

    /// <summary>The image shifted as <see cref="IImageOperations.Shift"/> does it, and <see cref="Input"/> of that, in one pass; the same bits.</summary>
    /// <param name="image">float32 (N, H, W, 3).</param>
    /// <param name="shifted">float32 (N, H, W, 3), overwritten; not the image.</param>
    /// <param name="y">T (N, H, W, 8), overwritten.</param>
    /// <param name="shifts">float32 (rows, N, 1, 2).</param>
    /// <param name="step">float32: the row that counts.</param>
    void ShiftedInput(ulong image, ulong shifted, ulong y, ulong shifts, ulong step, int rows, TensorShape shape, ShiftMode mode, Preprocessing preprocessing, ElementType type);

    /// <summary>gradient[n, h, w, order] = scale * dy[n, h, w, 0..2]: the transpose of <see cref="Input"/>.</summary>
    /// <param name="dy">T (N, H, W, 8).</param>
    /// <param name="gradient">float32 (N, H, W, 3), overwritten.</param>
    void InputBackward(ulong dy, ulong gradient, int images, int height, int width, Preprocessing preprocessing, ElementType type, float scale, ulong status, int mark);

    /// <summary>2x2 maximum, stride 2, an odd last row or column dropped; the first maximum in row-major order wins.</summary>
    /// <param name="x">T (N, H, W, C).</param>
    /// <param name="y">T (N, H/2, W/2, C), overwritten.</param>
    /// <param name="argmax">2 bits per output (4 to a byte, output i in bits 2(i mod 4) of byte i/4), value 2 * row + column; 0: not wanted.</param>
    void MaxPool(ulong x, ulong y, ulong argmax, int images, int height, int width, int channels, ElementType type, ulong status, int mark);

    /// <summary>dx = dy where the window's maximum was, 0 elsewhere (a dropped row or column included).</summary>
    /// <param name="dy">T (N, H/2, W/2, C).</param>
    /// <param name="argmax">From <see cref="MaxPool"/>.</param>
    /// <param name="dx">T (N, H, W, C), wholly overwritten; height and width are dx's.</param>
    void MaxPoolBackward(ulong dy, ulong argmax, ulong dx, int images, int height, int width, int channels, ElementType type);

    /// <summary>y = x + bias, then ReLU where asked: the fallback behind a bare convolution.</summary>
    /// <param name="x">T (positions, C).</param>
    /// <param name="bias">float32 (C).</param>
    /// <param name="y">T (positions, C), overwritten; may be x.</param>
    void BiasRelu(ulong x, ulong bias, ulong y, long positions, int channels, bool relu, ElementType type);

    /// <summary>dx = x > 0 ? dy : 0.</summary>
    /// <param name="dy">T (count).</param>
    /// <param name="x">T (count): what the ReLU gave.</param>
    /// <param name="dx">T (count), overwritten; may be dy.</param>
    void ReluBackward(ulong dy, ulong x, ulong dx, long count, ElementType type);

    /// <summary>y[n, o] = sum over i of w[i, o] x[n, i] + bias[o], then ReLU where asked. Rows whose x is 0 in every image are not read.</summary>
    /// <param name="x">T (N, inputs).</param>
    /// <param name="weights">T (inputs, outputs), row-major; outputs a multiple of 8.</param>
    /// <param name="bias">float32 (outputs).</param>
    /// <param name="y">T (N, outputs), overwritten.</param>
    /// <param name="scratch">At least <see cref="DenseScratch"/> bytes.</param>
    void Dense(ulong x, ulong weights, ulong bias, ulong y, ulong scratch, int images, int inputs, int outputs, bool relu, ElementType type);

    /// <summary>dx[n, i] = sum over o of w[i, o] dy[n, o], then 0 where x[n, i] is not above 0 (mask not 0). Rows that the mask switches off in every image are not read.</summary>
    /// <param name="dy">T (N, outputs).</param>
    /// <param name="weights">T (inputs, outputs), row-major; outputs a multiple of 8.</param>
    /// <param name="mask">T (N, inputs), the layer's own input, or 0 for none.</param>
    /// <param name="dx">T (N, inputs), overwritten.</param>
    void DenseBackward(ulong dy, ulong weights, ulong mask, ulong dx, int images, int inputs, int outputs, ElementType type);

    /// <summary>Bytes of scratch that <see cref="Dense"/> needs for partial sums.</summary>
    long DenseScratch(int images, int inputs, int outputs);

    /// <summary>tap[n, p, k] = float(y[n, p, index[n, k]]), 0 where the index is -1.</summary>
    /// <param name="y">T (N, positions, C).</param>
    /// <param name="index">int32 (N, wanted).</param>
    /// <param name="tap">float32 (N, positions, wanted), overwritten.</param>
    void TapGather(ulong y, ulong index, ulong tap, int images, int positions, int channels, int wanted, ElementType type, ulong status, int mark);

    /// <summary>dy[n, p, c] = T(scale * sum of gradient[n, p, k] over the k whose index is c), 0 where none is; and 0 where mask[n, p, c] is not above 0 (mask not 0).</summary>
    /// <param name="gradient">float32 (N, positions, wanted).</param>
    /// <param name="first">int32 (N, C): the first k whose index is c, or -1.</param>
    /// <param name="next">int32 (N, wanted): the next k with the same index, or -1.</param>
    /// <param name="mask">T (N, positions, C), what the ReLU gave, or 0 for none.</param>
    /// <param name="dy">T (N, positions, C), overwritten.</param>
    void TapScatter(ulong gradient, ulong first, ulong next, ulong mask, ulong dy, int images, int positions, int channels, int wanted, ElementType type, float scale);

    /// <summary>p[n, :] = softmax(z[n, 0..classes-1]); stable (the maximum is subtracted).</summary>
    /// <param name="z">T (N, stride), the classes first.</param>
    /// <param name="p">float32 (N, classes), overwritten.</param>
    void Softmax(ulong z, ulong p, int images, int classes, int stride, ElementType type);

    /// <summary>The k largest of each row, the largest first; the lower place first among equals, what is not a number last.</summary>
    /// <param name="values">float32 (N, count), count below 2^21.</param>
    /// <param name="indices">int32 (N, k), overwritten.</param>
    /// <param name="largest">float32 (N, k), overwritten.</param>
    /// <param name="k">1 to count.</param>
    void TopK(ulong values, ulong indices, ulong largest, int images, int count, int k);

    /// <summary>dz[n, c] = T(scale * p[n, c] * (g[n, c] - sum over j of g[n, j] p[n, j])), 0 for c beyond the classes; g[n, c] = the sum of gradient[n, k] over the k whose index is c.</summary>
    /// <param name="gradient">float32 (N, wanted).</param>
    /// <param name="p">float32 (N, classes), from <see cref="Softmax"/>.</param>
    /// <param name="first">int32 (N, classes): as in <see cref="TapScatter"/>.</param>
    /// <param name="next">int32 (N, wanted).</param>
    /// <param name="dz">T (N, stride), overwritten.</param>
    void SoftmaxBackward(ulong gradient, ulong p, ulong first, ulong next, ulong dz, int images, int classes, int stride, int wanted, ElementType type, float scale);
}
