using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>The image operations: shapes checked here, work queued by the launchers in <c>Operations</c>.</content>
/// <remarks>Nothing is allocated and nothing waited for, so all of it may be captured; scratch memory comes with the first call on a tensor and stays with the tensor.</remarks>
public sealed unsafe partial class CudaBackend : IImageOperations
{
    private static readonly TensorShape One = TensorShape.PerImage(1);
    private KernelLibrary _library = null!;
    private Fill _fill = null!;
    private Copy _copy = null!;
    private Shift _shift = null!;
    private ChannelMean _channelMean = null!;
    private TotalVariation _totalVariation = null!;
    private LpNorm _lpNorm = null!;
    private Add _add = null!;
    private NormalizeRms _normalizeRms = null!;
    private RmsProp _rmsProp = null!;
    private KeepBest _keepBest = null!;
    private Log _log = null!;
    private Advance _advance = null!;
    private GradientLaunchers _gradientLaunchers = null!;
    private EndLaunchers _endLaunchers = null!;

    /// <summary>What the network program launches besides cuDNN.</summary>
    internal NetworkKernels NetworkKernels { get; private set; } = null!;

    /// <summary>The modules, for operations made elsewhere.</summary>
    internal KernelLibrary KernelLibrary => _library;

    /// <inheritdoc/>
    public void Fill(ITensor target, double value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(target, nameof(target));
        if (!double.IsPositiveInfinity(value) || !IsGathering(e => e.TryRestart(own)))
        {
            LaunchPendingOf(own);
            _fill.Launch(own.Pointer, own.Shape.Count, value);
        }
    }

    /// <inheritdoc/>
    public void Copy(ITensor source, ITensor target)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor from = Owned(source, nameof(source));
        CudaTensor to = Owned(target, from.Shape, nameof(target));
        if (from == to)
        {
            return;
        }

        // Of a few numbers it is a sum of one.
        bool isPerImage = from.Shape == TensorShape.PerImage(from.Shape.N);
        if (!IsGathering(e => e.TryCopy(from, to) || (isPerImage && e.TryAdd(from, null, to))))
        {
            _copy.Launch(from.Pointer, to.Pointer, from.Shape.Count);
        }
    }

    /// <inheritdoc/>
    /// <remarks>The table lies on the device and is not looked at by the host: a shift of a side or more counts as one less than the side.</remarks>
    public void Shift(ITensor source, ITensor target, ITensor shifts, ITensor step, ShiftMode mode)
    {
        using BackendUse.Visit visit = InUse.Enter();
        (CudaTensor from, CudaTensor to, CudaTensor table, CudaTensor row) = UseShift(source, target, shifts, step);
        _shift.Launch(from.Pointer, to.Pointer, table.Pointer, row.Pointer, table.Shape.N, from.Shape, mode);
    }

    /// <inheritdoc/>
    public void ChannelMean(ITensor tap, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(tap, nameof(tap));
        CudaTensor result = Owned(value, TensorShape.PerImage(own.Shape.N), nameof(value));
        if (!IsMeanTaken(own, weight, result))
        {
            LaunchPendingOf(own, result);
            _channelMean.Launch(own.Pointer, weight, result.Pointer, own.Shape, own.Scratch);
        }
    }

    /// <inheritdoc/>
    public void TotalVariation(ITensor image, double beta, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(image, nameof(image));
        CudaTensor result = Owned(value, TensorShape.PerImage(own.Shape.N), nameof(value));
        CudaTensor target = Owned(gradient, own.Shape, nameof(gradient));
        if (!(beta >= 1) || !double.IsFinite(beta))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), beta, "The exponent must be a finite number of at least 1.");
        }

        if (beta == 2 && IsTaken([own, result, target], g => g.TryVariation(own, weight, result, target)))
        {
            return;
        }

        LaunchPendingOf(own, result, target);
        _totalVariation.Launch(own.Pointer, beta, weight, result.Pointer, target.Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void LpNorm(ITensor image, double p, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(image, nameof(image));
        CudaTensor result = Owned(value, TensorShape.PerImage(own.Shape.N), nameof(value));
        CudaTensor target = Owned(gradient, own.Shape, nameof(gradient));
        if (!(p >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(p), p, "The exponent must be at least 1.");
        }

        if (p == 6 && IsTaken([own, result, target], g => g.TryNorm(own, weight, result, target)))
        {
            return;
        }

        LaunchPendingOf(own, result, target);
        _lpNorm.Launch(own.Pointer, p, weight, result.Pointer, target.Pointer, own.Shape, own.Scratch);
    }

    /// <inheritdoc/>
    public void Add(ITensor a, ITensor b, ITensor total)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor left = Owned(a, nameof(a));
        if (left.Shape != TensorShape.PerImage(left.Shape.N))
        {
            throw new ArgumentException($"The tensor is {left.Shape}; one value per image is needed.", nameof(a));
        }

        CudaTensor right = Owned(b, left.Shape, nameof(b));
        CudaTensor sum = Owned(total, left.Shape, nameof(total));
        if (!IsGathering(e => e.TryAdd(left, right, sum)))
        {
            _add.Launch(left.Pointer, right.Pointer, sum.Pointer, left.Shape.N);
        }
    }

    /// <inheritdoc/>
    public void NormalizeRms(ITensor gradient, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(gradient, nameof(gradient));
        if (!IsGathering(e => e.TryDivide(own, epsilon)))
        {
            _normalizeRms.Launch(own.Pointer, epsilon, own.Shape, own.Scratch);
        }
    }

    /// <inheritdoc/>
    public void RmsProp(ITensor image, ITensor gradient, ITensor cache, double rate, double decay, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(image, nameof(image));
        CudaTensor g = Owned(gradient, own.Shape, nameof(gradient));
        CudaTensor c = Owned(cache, own.Shape, nameof(cache));
        Descend(new PendingDescent(own, g, [c], null, (division, counter, end) =>
            _rmsProp.Launch(own.Pointer, g.Pointer, c.Pointer, own.Shape, rate, decay, epsilon, division, counter, end)));
    }

    /// <inheritdoc/>
    public void KeepBest(ITensor total, ITensor step, ITensor image, ITensor bestTotal, ITensor bestStep, ITensor best)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(image, nameof(image));
        TensorShape perImage = TensorShape.PerImage(own.Shape.N);
        PendingKeep keep = new(
            Owned(total, perImage, nameof(total)), Owned(step, One, nameof(step)), own, Owned(bestTotal, perImage, nameof(bestTotal)),
            Owned(bestStep, perImage, nameof(bestStep)), Owned(best, own.Shape, nameof(best)));
        if (!IsGathering(e => e.TryKeep(keep)))
        {
            _keepBest.Launch(own.Pointer, own.Shape, own.Scratch, new StepEnd
            {
                Images = own.Shape.N,
                Lowest = keep.Total.Pointer,
                KeptStep = keep.Step.Pointer,
                BestTotal = keep.BestTotal.Pointer,
                BestStep = keep.BestStep.Pointer,
                Best = keep.Best.Pointer,
            });
        }
    }

    /// <inheritdoc/>
    public void Log(ILossLog log, ITensor step, ReadOnlySpan<ITensor> columns)
    {
        using BackendUse.Visit visit = InUse.Enter();
        Enter();
        ArgumentNullException.ThrowIfNull(log);
        if (log is not CudaLossLog own || own.Owner != this)
        {
            throw new ArgumentException("The loss log belongs to another backend.", nameof(log));
        }

        if (columns.Length != log.Columns)
        {
            throw new ArgumentException($"{columns.Length} columns for a log of {log.Columns}.", nameof(columns));
        }

        CudaTensor row = Owned(step, One, nameof(step));
        CudaTensor[] written = new CudaTensor[columns.Length];
        for (int k = 0; k < columns.Length; k++)
        {
            written[k] = Owned(columns[k], TensorShape.PerImage(log.Images), nameof(columns));
        }

        if (!IsGathering(e => e.TryLog(own, row, written)))
        {
            _log.Launch(own.Pointer, row.Pointer, log.Steps, log.Images, [.. written.Select(c => c.Pointer)]);
        }
    }

    /// <inheritdoc/>
    public void Advance(ITensor step)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Owned(step, One, nameof(step));
        if (!IsGathering(e => e.TryAdvance(own)))
        {
            _advance.Launch(own.Pointer);
        }
    }

    partial void StartOperations()
    {
        _library = Own(new KernelLibrary(Context, Stream));
        _fill = new Fill(_library);
        _copy = new Copy(_library);
        _shift = new Shift(_library);
        _channelMean = new ChannelMean(_library);
        _totalVariation = new TotalVariation(_library);
        _lpNorm = new LpNorm(_library);
        _add = new Add(_library);
        _normalizeRms = new NormalizeRms(_library);
        _rmsProp = new RmsProp(_library);
        _keepBest = new KeepBest(_library);
        _log = new Log(_library);
        _advance = new Advance(_library);
        _gradientLaunchers = new GradientLaunchers(_lpNorm, new Regularize(_library));
        _endLaunchers = new EndLaunchers(_normalizeRms, _keepBest, new Tally(_library), _fill);
        StartResampling();
        StartDescent();
        StartComparisons();
        StartPhases();
        StartSteps();
        NetworkKernels = new NetworkKernels(_library);
    }

    internal (CudaTensor Source, CudaTensor Target, CudaTensor Shifts, CudaTensor Step) UseShift(ITensor source, ITensor target, ITensor shifts, ITensor step)
    {
        CudaTensor from = Use(source, nameof(source));
        TensorShape shape = from.Shape;
        CudaTensor to = Use(target, shape, nameof(target));
        if (from == to)
        {
            throw new ArgumentException("An image cannot be shifted onto itself; source and target must differ.", nameof(target));
        }

        CudaTensor table = Use(shifts, nameof(shifts));
        return table.Shape == new TensorShape(table.Shape.N, shape.N, 1, 2)
            ? (from, to, table, Use(step, One, nameof(step)))
            : throw new ArgumentException($"The shifts are {table.Shape}; (steps, {shape.N}, 1, 2) is needed.", nameof(shifts));
    }

    private CudaTensor Use(ITensor tensor, string name)
    {
        CudaTensor own = Owned(tensor, name);
        LaunchPendingOf(own);
        return own;
    }

    private CudaTensor Owned(ITensor tensor, TensorShape expected, string name)
    {
        CudaTensor own = Owned(tensor, name);
        return own.Shape == expected ? own : throw new ArgumentException($"The tensor is {own.Shape}; {expected} is needed.", name);
    }

    private CudaTensor Owned(ITensor tensor, string name)
    {
        Enter();
        ArgumentNullException.ThrowIfNull(tensor, name);
        return tensor is CudaTensor own && own.Owner == this
            ? own
            : throw new ArgumentException($"The tensor {tensor.Shape} belongs to another backend; upload its values to this one.", name);
    }

    private CudaTensor Use(ITensor tensor, TensorShape expected, string name)
    {
        CudaTensor own = Use(tensor, name);
        return own.Shape == expected ? own : throw new ArgumentException($"The tensor is {own.Shape}; {expected} is needed.", name);
    }
}
