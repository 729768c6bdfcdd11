using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>Sums, a row of the log and a count of steps that a step being recorded has asked for and that have not been launched yet: they go together, before anything else touches one of their tensors.</summary>
internal sealed class PendingTally
{
    private readonly List<(CudaTensor A, CudaTensor B, CudaTensor Total)> _sums = [];
    private readonly List<CudaTensor> _touched = [];
    private CudaLossLog? _log;
    private CudaTensor? _row;
    private CudaTensor[] _columns = [];
    private CudaTensor? _step;
    private int _images;

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _touched.Count == 0;

    /// <summary>Whether a tensor shares memory with one that is waited for.</summary>
    public bool Touches(CudaTensor tensor) => _touched.Any(t => Shares(t, tensor));

    /// <summary>Adds a sum, where there is room for it: not behind a row or a count.</summary>
    public bool TryAdd(CudaTensor a, CudaTensor b, CudaTensor total)
    {
        if (_sums.Count == Tally.MostSums || _log is not null || _step is not null || !Fits(total.Shape.N))
        {
            return false;
        }

        _sums.Add((a, b, total));
        _touched.AddRange([a, b, total]);
        return true;
    }

    /// <summary>Adds a row, where there is room for it: one, and not behind a count.</summary>
    public bool TryLog(CudaLossLog log, CudaTensor row, CudaTensor[] columns)
    {
        if (columns.Length > Tally.MostColumns || _log is not null || _step is not null || !Fits(log.Images))
        {
            return false;
        }

        (_log, _row, _columns) = (log, row, columns);
        _touched.AddRange([row, .. columns]);
        return true;
    }

    /// <summary>Adds the count, where there is none.</summary>
    public bool TryAdvance(CudaTensor step)
    {
        if (_step is not null || _sums.Any(s => Shares(s.A, step) || Shares(s.B, step) || Shares(s.Total, step)))
        {
            return false;
        }

        _step = step;
        _touched.Add(step);
        return true;
    }

    /// <summary>Launches what there is.</summary>
    public void Launch(Tally tally)
    {
        if (IsEmpty)
        {
            return;
        }

        (DevicePointer, DevicePointer, DevicePointer)[] sums = [.. _sums.Select(s => (s.A.Pointer, s.B.Pointer, s.Total.Pointer))];
        DevicePointer[] columns = [.. _columns.Select(c => c.Pointer)];
        tally.Launch(_images, sums, _log?.Pointer ?? DevicePointer.None, _row?.Pointer ?? DevicePointer.None, _log?.Steps ?? 0, columns, _step?.Pointer ?? DevicePointer.None);
        Forget();
    }

    /// <summary>Drops what there is: the step is not recorded after all.</summary>
    public void Forget()
    {
        _sums.Clear();
        _touched.Clear();
        _columns = [];
        (_log, _row, _step, _images) = (null, null, null, 0);
    }

    private static bool Shares(CudaTensor a, CudaTensor b) =>
        a.Pointer.Overlaps(a.Shape.Count * sizeof(float), b.Pointer, b.Shape.Count * sizeof(float));

    private bool Fits(int images)
    {
        bool fits = _images == 0 || _images == images;
        _images = fits ? images : _images;
        return fits;
    }
}
