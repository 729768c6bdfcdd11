using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>The reference backend on a device that holds only so many pictures at once, and that tells what it was asked for.</summary>
internal sealed class LimitedBackend(int mostImages) : IBackend
{
    private readonly ReferenceBackend _inner = new();

    public List<int> Batches { get; } = [];

    /// <summary>Shifts that were asked for alone, and those that went into the network in one.</summary>
    public (int Alone, int IntoTheNetwork) Shifts { get; private set; }

    public int LiveResources => _inner.LiveResources;

    public BackendDescription Description => _inner.Description;

    public ITensor Allocate(TensorShape shape) => _inner.Allocate(shape);

    public void Upload(ITensor target, ReadOnlySpan<double> values) => _inner.Upload(target, values);

    public void Upload(ITensor target, ReadOnlySpan<float> values) => _inner.Upload(target, values);

    public void Download(ITensor source, Span<double> values) => _inner.Download(source, values);

    public void Download(ITensor source, Span<float> values) => _inner.Download(source, values);

    public void Synchronize() => _inner.Synchronize();

    public INetworkProgram Compile(Network network, ProgramSpec spec, CancellationToken cancellation = default)
    {
        if (spec.NeedsGradient)
        {
            Batches.Add(spec.Batch);
        }

        return spec.Batch > mostImages
            ? throw new DeviceMemoryException($"{spec.Batch} pictures do not fit; {mostImages} would.", spec.Batch, mostImages)
            : new AbleProgram(this, _inner.Compile(network, spec, cancellation));
    }

    public MemoryForecast Forecast(Network network, ProgramSpec spec) => _inner.Forecast(network, spec);

    public ILossLog CreateLog(int steps, int images, int columns) => _inner.CreateLog(steps, images, columns);

    public IReplay Record(Action step) => _inner.Record(step);

    public void Fill(ITensor target, double value) => _inner.Fill(target, value);

    public void Copy(ITensor source, ITensor target) => _inner.Copy(source, target);

    public void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        Shifts = (Shifts.Alone + 1, Shifts.IntoTheNetwork);
        _inner.Shift(source, target, shifts, step, mode);
    }

    public void ChannelMean(ITensor tap, double weight, ITensor value) => _inner.ChannelMean(tap, weight, value);

    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient) => _inner.TotalVariation(image, beta, weight, value, gradient);

    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient) => _inner.LpNorm(image, p, weight, value, gradient);

    public void Add(ITensor a, ITensor b, ITensor total) => _inner.Add(a, b, total);

    public void ShiftBackward(ITensor gradient, ITensor target, ITensor shifts, ITensor step, ShiftMode mode) => _inner.ShiftBackward(gradient, target, shifts, step, mode);

    public void Warp(ITensor source, ITensor target, ITensor maps, ITensor step, double outside) => _inner.Warp(source, target, maps, step, outside);

    public void WarpBackward(ITensor gradient, ITensor target, ITensor maps, ITensor step) => _inner.WarpBackward(gradient, target, maps, step);

    public void Product(ITensor matrix, ITensor source, ITensor target, int inner, bool transposed) => _inner.Product(matrix, source, target, inner, transposed);

    public void Multiply(ITensor source, ITensor factors, ITensor target) => _inner.Multiply(source, factors, target);

    public void Direction(ITensor tap, ITensor vector, double power, double weight, ITensor value, ITensor gradient) => _inner.Direction(tap, vector, power, weight, value, gradient);

    public void Diversity(ITensor tap, int group, double weight, ITensor grams, ITensor lengths, ITensor value, ITensor gradient) => _inner.Diversity(tap, group, weight, grams, lengths, value, gradient);

    public void Alignment(ITensor tap, int group, double weight, ITensor value, ITensor gradient) => _inner.Alignment(tap, group, weight, value, gradient);

    public void AbsoluteVariation(ITensor image, double weight, ITensor value, ITensor gradient) => _inner.AbsoluteVariation(image, weight, value, gradient);

    public void Decay(ITensor image, double centre, double weight, ITensor value, ITensor gradient) => _inner.Decay(image, centre, weight, value, gradient);

    public void Polar(ITensor phase, ITensor offset, ITensor magnitude, ITensor target) => _inner.Polar(phase, offset, magnitude, target);

    public void PolarBackward(ITensor phase, ITensor offset, ITensor magnitude, ITensor gradient, ITensor target) => _inner.PolarBackward(phase, offset, magnitude, gradient, target);

    public void Standardize(ITensor source, ITensor target, double epsilon) => _inner.Standardize(source, target, epsilon);

    public void StandardizeBackward(ITensor source, ITensor gradient, ITensor target, double epsilon) => _inner.StandardizeBackward(source, gradient, target, epsilon);

    public void Linear(ITensor source, ITensor target, double factor, double offset) => _inner.Linear(source, target, factor, offset);

    public void Sigmoid(ITensor source, ITensor target, double low, double high) => _inner.Sigmoid(source, target, low, high);

    public void SigmoidBackward(ITensor source, ITensor gradient, ITensor target, double low, double high) => _inner.SigmoidBackward(source, gradient, target, low, high);

    public void Dot(ITensor a, ITensor b, double weight, ITensor value) => _inner.Dot(a, b, weight, value);

    public void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient) => _inner.MeanSquare(tap, weight, value, gradient);

    public void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon) => _inner.Adam(image, gradient, mean, square, step, rate, beta1, beta2, epsilon);

    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay) => _inner.Momentum(image, gradient, velocity, rate, decay);

    public void NormalizeRms(ITensor gradient, double epsilon) => _inner.NormalizeRms(gradient, epsilon);

    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon) => _inner.RmsProp(image, gradient, cache, rate, decay, epsilon);

    public void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best) => _inner.KeepBest(total, step, image, bestTotal, bestStep, best);

    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns) => _inner.Log(log, step, columns);

    public void Clip(ITensor source, ITensor target, double low, double high) => _inner.Clip(source, target, low, high);

    public void ClipBackward(ITensor source, ITensor gradient, ITensor target, double low, double high) => _inner.ClipBackward(source, gradient, target, low, high);

    public void Noise(ITensor source, ITensor target, ITensor seeds, ITensor step, double deviation) => _inner.Noise(source, target, seeds, step, deviation);

    public void Accumulate(ITensor source, double factor, ITensor target) => _inner.Accumulate(source, factor, target);

    public void ScaleStep(ITensor before, ITensor target, ITensor factors, ITensor step) => _inner.ScaleStep(before, target, factors, step);

    public void CopyEvery(ITensor source, ITensor target, ITensor step, int every) => _inner.CopyEvery(source, target, step, every);

    public void Distance(ITensor tap, ITensor other, double weight, ITensor value, ITensor gradient) => _inner.Distance(tap, other, weight, value, gradient);

    public void Boundary(ITensor image, int width, double pull, double centre, double weight, ITensor residual, ITensor value, ITensor gradient) => _inner.Boundary(image, width, pull, centre, weight, residual, value, gradient);

    public void Advance(ITensor step) => _inner.Advance(step);

    public void Dispose() => _inner.Dispose();

    /// <summary>A program that takes a shift on the way in, and says how often.</summary>
    private sealed class AbleProgram(LimitedBackend owner, INetworkProgram inner) : INetworkProgram, IShiftedInput
    {
        public ProgramSpec Spec => inner.Spec;

        public TensorShape InputShape => inner.InputShape;

        public ImmutableArray<ITensor> Taps => inner.Taps;

        public ITensor TapGradient(int tap) => inner.TapGradient(tap);

        public void Forward(ITensor input) => inner.Forward(input);

        public void ForwardShifted(ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode)
        {
            owner.Shifts = (owner.Shifts.Alone, owner.Shifts.IntoTheNetwork + 1);
            owner._inner.Shift(source, shifted, shifts, step, mode);
            inner.Forward(shifted);
        }

        public void Backward(ReadOnlySpan<ITensor?> tapGradients, ITensor? inputGradient, ITensor? step = null) => inner.Backward(tapGradients, inputGradient, step);

        public void Dispose() => inner.Dispose();
    }
}
