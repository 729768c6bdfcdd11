using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Sends any number of images through the network: in full batches, and a remainder of less than half a batch one by one.</summary>
/// <remarks>Programs are compiled when they are first needed and kept. Images do not depend on each other, so the split changes no result.</remarks>
internal sealed class Passes(IBackend backend, Network network, ProgramSpec spec, bool imageGradient, int batch) : IDisposable
{
    private readonly Dictionary<int, Pass> _passes = [];
    private readonly int[] _classes = new int[batch];
    private int _batch = batch;

    /// <summary>Runs the work.</summary>
    /// <param name="items">How many images.</param>
    /// <param name="work">What they are.</param>
    /// <param name="watch">Ends it between two passes, and hears of each.</param>
    /// <exception cref="DeviceMemoryException">Not even one image fits.</exception>
    public void Run(int items, IPassWork work, Watch watch)
    {
        for (int done = 0; done < items;)
        {
            watch.Cancellation.ThrowIfCancellationRequested();
            Pass pass = For(items - done, watch.Cancellation);
            int count = Math.Min(pass.Batch, items - done);
            for (int i = 0; i < count; i++)
            {
                work.Fill(done + i, pass.Input(i));
            }

            pass.Forward();
            bool backward = false;
            for (int i = 0; i < count; i++)
            {
                int? index = work.ClassOf(done + i, pass.Logits(i));
                backward = index is not null;
                _classes[i] = index ?? 0;
            }

            if (backward)
            {
                pass.Backward(_classes.AsSpan(0, count));
            }

            for (int i = 0; i < count; i++)
            {
                work.Take(done + i, pass, i);
            }

            done += count;
            watch.Progress?.Report(new AttributionProgress(done, items));
        }
    }

    public void Dispose()
    {
        foreach (Pass pass in _passes.Values)
        {
            pass.Dispose();
        }

        _passes.Clear();
    }

    private Pass For(int left, CancellationToken cancellation)
    {
        while (true)
        {
            int size = 2 * left < _batch ? 1 : _batch;
            try
            {
                return _passes.TryGetValue(size, out Pass? known) ? known : _passes[size] = new Pass(backend, network, spec with { Batch = size }, imageGradient, cancellation);
            }
            catch (Exception error) when (size > 1 && error is DeviceMemoryException or OutOfMemoryException)
            {
                _batch = size / 2;
            }
        }
    }
}
