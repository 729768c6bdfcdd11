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
            : _inner.Compile(network, spec, cancellation);
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

    public void ForwardShifted(INetworkProgram program, ITensor source, ITensor shifted, ITensor shifts, ITensor step, ShiftMode mode)
    {
        Shifts = (Shifts.Alone, Shifts.IntoTheNetwork + 1);
        ((IBackend)_inner).ForwardShifted(program, source, shifted, shifts, step, mode);
    }

    public void ChannelMean(ITensor tap, double weight, ITensor value) => _inner.ChannelMean(tap, weight, value);

    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient) => _inner.TotalVariation(image, beta, weight, value, gradient);

    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient) => _inner.LpNorm(image, p, weight, value, gradient);

    public void Add(ITensor a, ITensor b, ITensor total) => _inner.Add(a, b, total);

    public void NormalizeRms(ITensor gradient, double epsilon) => _inner.NormalizeRms(gradient, epsilon);

    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon) => _inner.RmsProp(image, gradient, cache, rate, decay, epsilon);

    public void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best) => _inner.KeepBest(total, step, image, bestTotal, bestStep, best);

    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns) => _inner.Log(log, step, columns);

    public void Advance(ITensor step) => _inner.Advance(step);

    public void Dispose() => _inner.Dispose();
}
