using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Cudnn;

namespace VggCuda.Kernels.Operations;

/// <summary>All launchers that the network program uses.</summary>
internal sealed class NetworkKernels(KernelLibrary library) : INetworkKernels
{
    private readonly NetworkInput _input = new(library);
    private readonly ShiftedInput _shiftedInput = new(library);
    private readonly MaxPool _pool = new(library);
    private readonly BiasRelu _bias = new(library);
    private readonly DenseRows _rows = new(library);
    private readonly DenseColumns _columns = new(library);
    private readonly Tap _tap = new(library);
    private readonly Softmax _softmax = new(library);
    private readonly TopK _top = new(library);

    /// <inheritdoc/>
    public void Input(ulong image, ulong y, int images, int height, int width, Preprocessing preprocessing, ElementType type) =>
        _input.Forward(image, y, (long)images * height * width, preprocessing, type);

    /// <inheritdoc/>
    public void ShiftedInput(ulong image, ulong shifted, ulong y, ulong shifts, ulong step, int rows, TensorShape shape, ShiftMode mode, Preprocessing preprocessing, ElementType type) =>
        _shiftedInput.Launch(image, shifted, y, shifts, step, rows, shape, mode, preprocessing, type);

    /// <inheritdoc/>
    public void InputBackward(ulong dy, ulong gradient, int images, int height, int width, Preprocessing preprocessing, ElementType type, float scale, ulong status, int mark) =>
        _input.Backward(dy, gradient, (long)images * height * width, preprocessing, type, scale, status, mark);

    /// <inheritdoc/>
    public void MaxPool(ulong x, ulong y, ulong argmax, int images, int height, int width, int channels, ElementType type, ulong status, int mark) =>
        _pool.Forward(x, y, argmax, images, height, width, channels, type, status, mark);

    /// <inheritdoc/>
    public void MaxPoolBackward(ulong dy, ulong argmax, ulong dx, int images, int height, int width, int channels, ElementType type) =>
        _pool.Backward(dy, argmax, dx, images, height, width, channels, type);

    /// <inheritdoc/>
    public void BiasRelu(ulong x, ulong bias, ulong y, long positions, int channels, bool relu, ElementType type) =>
        _bias.Forward(x, bias, y, positions, channels, relu, type);

    /// <inheritdoc/>
    public void ReluBackward(ulong dy, ulong x, ulong dx, long count, ElementType type) =>
        _bias.Backward(dy, x, dx, count, type);

    /// <inheritdoc/>
    public void Dense(ulong x, ulong weights, ulong bias, ulong y, ulong scratch, int images, int inputs, int outputs, bool relu, ElementType type) =>
        _columns.Launch(x, weights, bias, 0, y, scratch, images, inputs, outputs, relu, type);

    /// <inheritdoc/>
    public void DenseBackward(ulong dy, ulong weights, ulong mask, ulong dx, int images, int inputs, int outputs, ElementType type) =>
        _rows.Launch(dy, weights, 0, mask, dx, images, inputs, outputs, relu: false, type);

    /// <inheritdoc/>
    public long DenseScratch(int images, int inputs, int outputs) => DenseColumns.ScratchBytes(images, inputs, outputs);

    /// <inheritdoc/>
    public void TapGather(ulong y, ulong index, ulong tap, int images, int positions, int channels, int wanted, ElementType type, ulong status, int mark) =>
        _tap.Gather(y, index, tap, images, positions, channels, wanted, type, status, mark);

    /// <inheritdoc/>
    public void TapScatter(ulong gradient, ulong first, ulong next, ulong mask, ulong dy, int images, int positions, int channels, int wanted, ElementType type, float scale) =>
        _tap.Scatter(gradient, first, next, mask, dy, images, positions, channels, wanted, type, scale);

    /// <inheritdoc/>
    public void Softmax(ulong z, ulong p, int images, int classes, int stride, ElementType type) =>
        _softmax.Forward(z, p, images, classes, stride, type);

    /// <inheritdoc/>
    public void TopK(ulong values, ulong indices, ulong largest, int images, int count, int k) =>
        _top.Launch(values, indices, largest, images, count, k);

    /// <inheritdoc/>
    public void SoftmaxBackward(ulong gradient, ulong p, ulong first, ulong next, ulong dz, int images, int classes, int stride, int wanted, ElementType type, float scale) =>
        _softmax.Backward(gradient, p, first, next, dz, images, classes, stride, wanted, type, scale);
}
