using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Explains pictures by a plan: what is compiled and allocated for the first call is used for all that follow.</summary>
/// <remarks>
/// <para>The network runs forwards and backwards on the device, in batches; sums over channels, positions and samples are done on the host in double precision.</para>
/// <para>A picture's map does not depend on its neighbours, nor on the batch. One thread at a time, like its backend, which must outlive it.</para>
/// </remarks>
public sealed class Attributor : IDisposable
{
    private readonly AttributionPlan _plan;
    private readonly IMethodRun _run;
    private readonly Chunk _chunk;
    private readonly int _classes;
    private bool _disposed;

    /// <summary>Gets ready. Programs are compiled at the first call, for the batches that it needs.</summary>
    /// <param name="backend">Where to compute; stays the caller's.</param>
    /// <param name="network">A network with dense layers; its weights must outlive this.</param>
    /// <param name="plan">What to compute.</param>
    /// <exception cref="PlanException">The plan does not fit the network.</exception>
    public Attributor(IBackend backend, Network network, AttributionPlan plan)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(plan);
        plan.Validate(network);
        _plan = plan;
        Side = network.Topology.FixedInputSize!.Value;
        _classes = network.Topology.Head!.Classes;
        _chunk = new Chunk(plan.Batch, Side, plan.Preprocessing, plan.Temperature);
        _run = plan.Method.Start(new AttributionSetting(backend, network, plan.Preprocessing, plan.Precision, plan.Batch));
    }

    /// <summary>Rows and columns of the pictures and the maps: the network's input.</summary>
    public int Side { get; }

    /// <summary>Explains pictures.</summary>
    /// <param name="pictures">(N, Side, Side, 3) in C order: RGB 0..255, or whatever the network shall be fed with where the plan says <see cref="Preprocessing.Raw"/>.</param>
    /// <param name="classes">The class that each picture is asked about; one number for all of them; or none for the likeliest of each.</param>
    /// <param name="maps">(N, Side, Side), overwritten: the method's values, not stretched, clipped or otherwise made fit to be shown.</param>
    /// <param name="progress">Hears of every pass, on this thread; null for nobody.</param>
    /// <param name="cancellation">Ends the work between two passes; maps are then void.</param>
    /// <returns>What else was found, one per picture.</returns>
    /// <exception cref="PlanException">The network has no such class, or a picture holds a value that is not finite.</exception>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <exception cref="WeightsException">The weights cannot be read.</exception>
    /// <exception cref="DeviceException">The device failed, or has no memory for a single image.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ImmutableArray<AttributionFacts> Attribute(ReadOnlySpan<float> pictures, ReadOnlySpan<int> classes, Span<float> maps, IProgress<AttributionProgress>? progress = null, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int pixels = Side * Side;
        int count = pictures.Length / (3 * pixels);
        if (count == 0 || pictures.Length != (long)count * 3 * pixels || maps.Length != (long)count * pixels || (classes.Length > 1 && classes.Length != count))
        {
            throw new ArgumentException($"{pictures.Length} values of pictures, {maps.Length} of maps and {classes.Length} classes; N x {Side} x {Side} x 3, N x {Side} x {Side} and none, one or N are needed.");
        }

        foreach (int index in classes)
        {
            if (index < 0 || index >= _classes)
            {
                throw new PlanException($"There is no class {index}; this network's classes are 0 to {_classes - 1}.");
            }
        }

        ImmutableArray<AttributionFacts>.Builder facts = ImmutableArray.CreateBuilder<AttributionFacts>(count);
        for (int first = 0; first < count; first += _plan.Batch)
        {
            int some = Math.Min(_plan.Batch, count - first);
            _chunk.Load(pictures.Slice(first * 3 * pixels, some * 3 * pixels), classes.Length > 1 ? classes.Slice(first, some) : classes);
            _run.Explain(_chunk, new Watch(cancellation, progress));
            for (int i = 0; i < some; i++)
            {
                facts.Add(_chunk.Facts[i]);
                Span<float> map = maps.Slice((first + i) * pixels, pixels);
                ReadOnlySpan<double> found = _chunk.Map(i);
                for (int p = 0; p < pixels; p++)
                {
                    map[p] = (float)found[p];
                }
            }
        }

        return facts.MoveToImmutable();
    }

    /// <summary>Frees programs and tensors.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _run.Dispose();
        }
    }
}
