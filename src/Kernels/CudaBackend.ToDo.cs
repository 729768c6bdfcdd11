using VggCuda.Engine.Backends;

namespace VggCuda.Kernels;

/// <content>Not written yet.</content>
public sealed partial class CudaBackend
{
    /// <inheritdoc/>
    public void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Warp(ITensor source, ITensor target, ITensor maps, ITensor step) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Multiply(ITensor source, ITensor factors, ITensor target) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Sigmoid(ITensor source, ITensor target, double low, double high) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dot(ITensor a, ITensor b, double weight, ITensor value) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay) => throw new NotImplementedException();
}
