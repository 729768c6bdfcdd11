using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <summary>
/// What a step being recorded has asked for last and that has not been launched yet: sums of the losses, the optimiser's step, the best picture, a copy of the
/// picture, a row of the log, the count of steps. They go together, before anything else touches one of their tensors.
/// </summary>
/// <remarks>They are done in that order, whatever order they were asked for in: so each is taken only where that makes no difference.</remarks>
internal sealed class PendingEnd
{
    private readonly List<(CudaTensor A, CudaTensor? B, CudaTensor Total)> _sums = [];
    private readonly List<CudaTensor> _touched = [];
    private readonly List<CudaTensor> _numbers = [];
    private readonly List<CudaTensor> _counts = [];
    private Part _last;
    private (CudaTensor Gradient, double Epsilon)? _division;
    private PendingDescent? _descent;
    private CudaTensor? _restart;
    private PendingKeep? _keep;
    private CudaTensor? _copy;
    private CudaLossLog? _log;
    private CudaTensor? _row;
    private CudaTensor[] _columns = [];
    private CudaTensor? _step;
    private int _images;

    // In the order in which they are done; a copy is done with the best picture, but nothing depends on its being early.
    private enum Part
    {
        None,
        Sums,
        Division,
        Descent,
        Restart,
        Keep,
        Log,
        Step,
    }

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => _touched.Count == 0;

    /// <summary>The gradient that is to be divided by its root mean square, or null.</summary>
    public CudaTensor? Divided => _division?.Gradient;

    // Of the pictures that blocks go over, the one that all agree on.
    private CudaTensor? Picture => _descent?.Image ?? _keep?.Image;

    /// <summary>Whether a tensor shares memory with one that is waited for.</summary>
    public bool Touches(CudaTensor tensor) => _touched.Any(t => t.Shares(tensor));

    /// <summary>Takes a sum, or a copy where there is no b.</summary>
    public bool TryAdd(CudaTensor a, CudaTensor? b, CudaTensor total)
    {
        CudaTensor[] own = b is null ? [a, total] : [a, b, total];
        if (_last > Part.Sums || _sums.Count == StepEnd.MostSums || !Fits(total.Shape.N) || !AreAlike([.. _numbers, .. own]))
        {
            return false;
        }

        _sums.Add((a, b, total));
        return Take(Part.Sums, own, numbers: own);
    }

    /// <summary>Takes the division of a gradient by its root mean square.</summary>
    public bool TryDivide(CudaTensor gradient, double epsilon)
    {
        if (_last >= Part.Division || Touches(gradient))
        {
            return false;
        }

        _division = (gradient, epsilon);
        return Take(Part.Division, [gradient]);
    }

    /// <summary>Takes an optimiser's step.</summary>
    public bool TryDescend(PendingDescent descent)
    {
        CudaTensor[] own = [descent.Image, .. descent.State];
        CudaTensor[] read = descent.Done is null ? [descent.Gradient] : [descent.Gradient, descent.Done];
        if (_last >= Part.Descent || (_division is { } division && !division.Gradient.IsSame(descent.Gradient)) || !AreApart([.. own, .. read])
            || own.Any(Touches) || (_division is null && Touches(descent.Gradient)) || (descent.Done is { } done && Touches(done)))
        {
            return false;
        }

        _descent = descent;
        return Take(Part.Descent, [.. own, .. read], counts: descent.Done is null ? [] : [descent.Done]);
    }

    /// <summary>Takes a filling with infinity, as it stands before a best picture that every total begins anew.</summary>
    public bool TryRestart(CudaTensor target)
    {
        if (_last >= Part.Restart || target.Shape != Engine.Backends.TensorShape.PerImage(target.Shape.N) || !Fits(target.Shape.N) || Touches(target))
        {
            return false;
        }

        _restart = target;
        return Take(Part.Restart, [target]);
    }

    /// <summary>Takes a best picture.</summary>
    public bool TryKeep(PendingKeep keep)
    {
        bool first = _restart is null || _restart.IsSame(keep.BestTotal);
        bool picture = _descent is null ? _division is null && !Touches(keep.Image) : _descent.Image.IsSame(keep.Image);
        if (_last >= Part.Keep || !first || !picture || !Fits(keep.Image.Shape.N)
            || (_restart is null && Touches(keep.BestTotal)) || Touches(keep.BestStep) || Touches(keep.Best)
            || !AreApart([keep.Total, keep.Step, keep.Image, keep.BestTotal, keep.BestStep, keep.Best])
            || !IsOneOfOrApart(_numbers, keep.Total) || !IsOneOfOrApart(_counts, keep.Step))
        {
            return false;
        }

        _keep = keep;
        return Take(Part.Keep, [keep.Total, keep.Step, keep.Image, keep.BestTotal, keep.BestStep, keep.Best], [keep.Total, keep.BestTotal, keep.BestStep], [keep.Step]);
    }

    /// <summary>Takes a copy of the picture.</summary>
    public bool TryCopy(CudaTensor source, CudaTensor target)
    {
        if (_last > Part.Log || IsFilling || _copy is not null || Picture is null || !Picture.IsSame(source) || Touches(target))
        {
            return false;
        }

        _copy = target;
        return Take(_last, [target]);
    }

    /// <summary>Takes a row of the log.</summary>
    public bool TryLog(CudaLossLog log, CudaTensor row, CudaTensor[] columns)
    {
        if (_last >= Part.Log || IsFilling || columns.Length > StepEnd.MostColumns || !Fits(log.Images)
            || !columns.All(c => IsOneOfOrApart(_numbers, c)) || !IsOneOfOrApart(_counts, row))
        {
            return false;
        }

        (_log, _row, _columns) = (log, row, columns);
        return Take(Part.Log, [row, .. columns], counts: [row]);
    }

    /// <summary>Takes the count.</summary>
    public bool TryAdvance(CudaTensor step)
    {
        if (_last >= Part.Step || IsFilling || !IsOneOfOrApart(_counts, step))
        {
            return false;
        }

        _step = step;
        return Take(Part.Step, [step]);
    }

    /// <summary>Launches what there is.</summary>
    /// <param name="launchers">What launches it.</param>
    /// <param name="isSummed">Whether the sums of squares of <see cref="Divided"/> lie in its scratch memory already.</param>
    public void Launch(EndLaunchers launchers, bool isSummed)
    {
        Division division = default;
        if (_division is { } divided)
        {
            CudaTensor g = divided.Gradient;
            if (!isSummed)
            {
                launchers.NormalizeRms.Sum(g.Pointer, g.Shape, g.Scratch);
            }

            if (_descent is null)
            {
                launchers.NormalizeRms.Divide(g.Pointer, divided.Epsilon, g.Shape, g.Scratch);
            }
            else
            {
                division = new Division(g.Scratch.Parts, divided.Epsilon);
            }
        }

        StepEnd? end = End();
        if (_descent is not null)
        {
            _descent.Launch(division, end is null ? DevicePointer.None : _descent.Image.Scratch.Counters, end ?? StepEnd.None);
        }
        else if (_keep is not null)
        {
            launchers.KeepBest.Launch(_keep.Image.Pointer, _keep.Image.Shape, _keep.Image.Scratch, end!);
        }
        else if (end is not null)
        {
            launchers.Tally.Launch(end);
        }

        if (IsFilling)
        {
            launchers.Fill.Launch(_restart!.Pointer, _restart.Shape.Count, double.PositiveInfinity);
        }

        Forget();
    }

    /// <summary>Drops what there is: it is launched, or the step is not recorded after all.</summary>
    public void Forget()
    {
        _sums.Clear();
        _touched.Clear();
        _numbers.Clear();
        _counts.Clear();
        _columns = [];
        (_last, _division, _descent, _restart, _keep, _copy) = (Part.None, null, null, null, null, null);
        (_log, _row, _step, _images) = (null, null, null, 0);
    }

    // A filling that no best picture has taken over is launched behind all else.
    private bool IsFilling => _restart is not null && _keep is null;

    private StepEnd? End()
    {
        if (_sums.Count == 0 && _keep is null && _copy is null && _log is null && _step is null)
        {
            return null;
        }

        return new StepEnd
        {
            Images = _images != 0 ? _images : Picture?.Shape.N ?? 0,
            Sums = [.. _sums.Select(s => (s.A.Pointer, s.B?.Pointer ?? DevicePointer.None, s.Total.Pointer))],
            Lowest = _keep?.Total.Pointer ?? DevicePointer.None,
            KeptStep = _keep?.Step.Pointer ?? DevicePointer.None,
            BestTotal = _keep?.BestTotal.Pointer ?? DevicePointer.None,
            BestStep = _keep?.BestStep.Pointer ?? DevicePointer.None,
            Best = _keep?.Best.Pointer ?? DevicePointer.None,
            Restarts = _restart is not null,
            Copy = _copy?.Pointer ?? DevicePointer.None,
            Log = _log?.Pointer ?? DevicePointer.None,
            Row = _row?.Pointer ?? DevicePointer.None,
            Rows = _log?.Steps ?? 0,
            Columns = [.. _columns.Select(c => c.Pointer)],
            Step = _step?.Pointer ?? DevicePointer.None,
        };
    }

    private bool Take(Part part, CudaTensor[] touched, CudaTensor[]? numbers = null, CudaTensor[]? counts = null)
    {
        _last = part;
        _touched.AddRange(touched);
        _numbers.AddRange(numbers ?? []);
        _counts.AddRange(counts ?? []);
        return true;
    }

    // Touched, if at all, as one of these alone: the same thread, or the threads behind a barrier, write and read it.
    private bool IsOneOfOrApart(List<CudaTensor> allowed, CudaTensor tensor) =>
        _touched.All(t => !t.Shares(tensor) || (t.IsSame(tensor) && allowed.Contains(t)));

    private static bool AreAlike(CudaTensor[] tensors) => tensors.All(a => tensors.All(b => !a.Shares(b) || a.IsSame(b)));

    private static bool AreApart(CudaTensor[] tensors) => tensors.Select((a, i) => tensors.Skip(i + 1).All(b => !a.Shares(b))).All(apart => apart);

    private bool Fits(int images)
    {
        bool fits = _images == 0 || _images == images;
        _images = fits ? images : _images;
        return fits;
    }
}
