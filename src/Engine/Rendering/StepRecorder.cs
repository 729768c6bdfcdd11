using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Rendering;

/// <summary>One batch of a plan on the device: allocates its tensors, compiles its program, records its step.</summary>
/// <remarks>
/// parameters -> stages -> picture -> transforms -> network -> taps -> objective, and the same way back; regularisers act on
/// the picture. Transforms that replace the picture, as keras-vis's jitter does, come first and work on the parameters.
/// </remarks>
internal sealed class StepRecorder : IDisposable
{
    private readonly IBackend _backend;
    private readonly RenderPlan _plan;
    private readonly List<IDisposable> _owned = [];
    private readonly List<ITensor?> _tables = [];
    private readonly List<ITensor> _state = [];
    private readonly List<ITensor> _columns = [];
    private readonly (Regularizer Regularizer, ITensor[] Scratch)[] _regularizers;
    private readonly INetworkProgram? _program;
    private readonly Excitation? _excitation;
    private readonly ITensor _parameters;
    private readonly ITensor _gradient;
    private readonly ITensor _current;
    private readonly (Stage Stage, StageTensors Tensors)[] _replacing;
    private readonly Chain _toPicture;
    private readonly Chain[] _toNetwork;
    private readonly Chain[] _guideToNetwork;
    private readonly ITensor? _guide;
    private readonly (ITensor Gradient, ITensor Value)? _mean;
    private readonly (ITensor Before, ITensor Factors)? _pace;
    private readonly (Blur Stage, StageTensors Tensors)? _blurred;
    private readonly (ITensor Sum, ITensor Part)? _importance;
    private readonly ITensor _total;
    private readonly ITensor _best;
    private readonly ITensor _step;

    public StepRecorder(IBackend backend, Network network, RenderPlan plan, CancellationToken cancellation, bool wantsImportance = false)
    {
        _backend = backend;
        _plan = plan;
        try
        {
            TensorShape shape = plan.ParametersShape;
            if (Math.Max(shape.Count, plan.PictureShape.Count) > Array.MaxLength)
            {
                throw new DeviceMemoryException($"{plan.Count} pictures of {plan.Height} x {plan.Width} have more values than one array holds; draw fewer at once.", shape.Count * sizeof(double), null);
            }

            if ((long)plan.Iterations * plan.Count * plan.LossNames.Length > Array.MaxLength)
            {
                throw new DeviceMemoryException($"{plan.Count} pictures of {plan.Iterations} steps have more losses than one array holds; draw fewer at once.", (long)plan.Iterations * plan.Count * plan.LossNames.Length * sizeof(double), null);
            }

            Schedule schedule = Schedule.Draw(plan, cancellation);
            TensorShape perImage = TensorShape.PerImage(plan.Count);
            if (plan.Objective.Weight != 0)
            {
                _program = Own(backend.Compile(network, plan.Spec(network), cancellation));
            }

            _parameters = Own(backend.Allocate(shape));
            _gradient = Own(backend.Allocate(shape));
            _best = Own(backend.Allocate(shape));
            _total = Own(backend.Allocate(perImage));
            BestTotal = Own(backend.Allocate(perImage));
            BestStep = Own(backend.Allocate(perImage));
            _step = Own(backend.Allocate(TensorShape.PerImage(1)));
            _regularizers = [.. plan.Regularizers.Where(r => r.Weight != 0).Select(r => (r, r.Scratch(plan.PictureShape).Select(s => Own(backend.Allocate(s))).ToArray()))];
            for (int i = 0; i <= _regularizers.Length; i++)
            {
                _columns.Add(Own(backend.Allocate(perImage)));
            }

            _columns.Add(_total);
            if (_program is not null)
            {
                _excitation = new Excitation(plan.Objective, network, _program.Taps, _columns[0], tensor => Own(backend.Allocate(tensor)));
            }

            for (int i = 0; i < plan.Optimizer.StateCount; i++)
            {
                _state.Add(Own(backend.Allocate(shape)));
            }

            foreach (Stage transform in Enumerable.Repeat(plan.Transforms, plan.Views).SelectMany(t => t))
            {
                _tables.Add(transform.NumbersPerStep == 0 ? null : Own(backend.Allocate(new TensorShape(plan.Iterations, plan.Count, 1, transform.NumbersPerStep))));
            }

            (_replacing, _current) = Replacing();
            _toPicture = new Chain(backend, plan.Parameters, [.. Shapes(plan.Parameters)], _current, _gradient, new ITensor?[plan.Parameters.Length], _step, disposable => Own(disposable));
            Stage[] transforms = [.. plan.Transforms.Skip(_replacing.Length)];
            List<TensorShape> shapes = [];
            foreach (Stage transform in transforms)
            {
                shapes.Add(transform.OutputShape(shapes.Count == 0 ? plan.PictureShape : shapes[^1]));
            }

            Chain first = new(backend, transforms, shapes, _toPicture.Output, _toPicture.OutputGradient, TablesOf(0), _step, disposable => Own(disposable));
            _toNetwork = [first, .. Enumerable.Range(1, plan.Views - 1).Select(view => first.Again(_toPicture.Output, TablesOf(view)))];
            _guide = plan.Guide is null || _program is null ? null : Own(backend.Allocate(plan.PictureShape));
            _guideToNetwork = _guide is null ? [] : [.. Enumerable.Range(0, plan.Views).Select(view => first.Again(_guide, TablesOf(view)))];
            _mean = plan.Views == 1 ? null : (Own(backend.Allocate(plan.PictureShape)), Own(backend.Allocate(perImage)));
            _pace = plan.Schedule is null ? null : (Own(backend.Allocate(shape)), Own(backend.Allocate(new TensorShape(plan.Iterations, 1, 1, 1))));
            _importance = wantsImportance && _program is not null ? (Own(backend.Allocate(plan.PictureShape)), Own(backend.Allocate(plan.PictureShape))) : null;
            _blurred = plan.BlurEvery is { } blur ? (new Blur(blur.Deviation), Blurred(new Blur(blur.Deviation))) : null;
            Log = Own(backend.CreateLog(plan.Iterations, plan.Count, _columns.Count));
            Replay = Own(backend.Record(Step));
            Begin(schedule);
            backend.Synchronize();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The recorded step.</summary>
    public IReplay Replay { get; }

    /// <summary>The network, or null where the objective does not count.</summary>
    public INetworkProgram? Program => _program;

    /// <summary>Losses of every step, columns as <see cref="RenderPlan.LossNames"/>.</summary>
    public ILossLog Log { get; }

    /// <summary>Per picture its lowest total so far.</summary>
    public ITensor BestTotal { get; }

    /// <summary>Per picture the step that had it.</summary>
    public ITensor BestStep { get; }

    /// <summary>The sum over the steps of the absolute gradient with respect to the picture, of its shape; null where it is not gathered.</summary>
    public ITensor? Importance => _importance?.Sum;

    /// <summary>The pictures as they are now, between two steps.</summary>
    public ITensor Picture()
    {
        if (_toPicture.IsEmpty)
        {
            return _parameters;
        }

        _toPicture.Forward(_backend);
        return _toPicture.Output;
    }

    /// <summary>The best pictures, after the last step: no step can follow.</summary>
    public ITensor BestPicture()
    {
        if (_toPicture.IsEmpty)
        {
            return _best;
        }

        _backend.Copy(_best, _parameters);
        return Picture();
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    // keras-vis's order: transform, evaluate, regularise, step, keep the best of what the step has made.
    private void Step()
    {
        Replace();
        _toPicture.Forward(_backend);
        ITensor picture = _toPicture.Output;
        ITensor pictureGradient = _toPicture.OutputGradient;
        if (_program is null)
        {
            _backend.Fill(pictureGradient, 0);
        }
        else
        {
            Evaluate(_program);
            Weigh(pictureGradient);
        }

        ITensor sum = _columns[0];
        for (int i = 0; i < _regularizers.Length; i++)
        {
            _regularizers[i].Regularizer.Apply(_backend, picture, _columns[i + 1], pictureGradient, _regularizers[i].Scratch);
            _backend.Add(sum, _columns[i + 1], _total);
            sum = _total;
        }

        if (_regularizers.Length == 0)
        {
            _backend.Copy(sum, _total);
        }

        _toPicture.Backward(_backend);
        Descend();
        if (_plan.Keep == PictureChoice.Last)
        {
            // Then every total that is a number is the lowest so far.
            _backend.Fill(BestTotal, double.PositiveInfinity);
        }

        _backend.KeepBest(_total, _step, _current, BestTotal, BestStep, _best);
        _backend.Log(Log, _step, CollectionsMarshal.AsSpan(_columns));
        if (_current != _parameters)
        {
            _backend.Copy(_current, _parameters);
        }

        _backend.Advance(_step);
    }

    // |g| = max(g, 0) - min(g, 0): what the regularisers add later does not count.
    private void Weigh(ITensor gradient)
    {
        if (_importance is not { } importance)
        {
            return;
        }

        _backend.Clip(gradient, importance.Part, 0, float.MaxValue);
        _backend.Accumulate(importance.Part, 1, importance.Sum);
        _backend.Clip(gradient, importance.Part, -float.MaxValue, 0);
        _backend.Accumulate(importance.Part, -1, importance.Sum);
    }

    private void Descend()
    {
        if (_pace is { } before)
        {
            _backend.Copy(_current, before.Before);
        }

        _plan.Optimizer.Apply(_backend, _current, _gradient, _state, _step);
        if (_pace is { } pace)
        {
            _backend.ScaleStep(pace.Before, _current, pace.Factors, _step);
        }

        if (_blurred is { } blurred)
        {
            blurred.Stage.Forward(_backend, blurred.Tensors);
            _backend.CopyEvery(blurred.Tensors.Output, _current, _step, _plan.BlurEvery!.Every);
        }
    }

    private void Replace()
    {
        for (int i = 0; i < _replacing.Length; i++)
        {
            // The last of them may go into the network's first pass, which Evaluate makes.
            if (_program is null || !IsTakenIn || i < _replacing.Length - 1)
            {
                _replacing[i].Stage.Forward(_backend, _replacing[i].Tensors);
            }
        }
    }

    // Whether the last of the transforms that replace the picture may go into the network's first pass.
    private bool IsTakenIn => _replacing.Length > 0 && _toNetwork[0].IsEmpty;

    private void Evaluate(INetworkProgram program)
    {
        if (_mean is not { } mean)
        {
            Look(program, 0);
            return;
        }

        _backend.Fill(mean.Gradient, 0);
        _backend.Fill(mean.Value, 0);
        for (int view = 0; view < _plan.Views; view++)
        {
            Look(program, view);
            _backend.Accumulate(_toPicture.OutputGradient, 1.0 / _plan.Views, mean.Gradient);
            _backend.Accumulate(_columns[0], 1.0 / _plan.Views, mean.Value);
        }

        _backend.Copy(mean.Gradient, _toPicture.OutputGradient);
        _backend.Copy(mean.Value, _columns[0]);
    }

    // One view of the picture, and before it the same of the guide.
    private void Look(INetworkProgram program, int view)
    {
        if (_guide is not null)
        {
            _guideToNetwork[view].ForwardInto(_backend, program);
            _excitation!.Look(_backend);
        }

        if (IsTakenIn)
        {
            _replacing[^1].Stage.ForwardInto(_backend, program, _replacing[^1].Tensors);
        }
        else
        {
            _toNetwork[view].ForwardInto(_backend, program);
        }

        _excitation!.Evaluate(_backend);
        program.Backward(_excitation.Gradients, _toNetwork[view].OutputGradient, _step);
        _toNetwork[view].Backward(_backend);
    }

    private ITensor?[] TablesOf(int view) => [.. _tables.Skip(view * _plan.Transforms.Length).Take(_plan.Transforms.Length).Skip(_replacing.Length)];

    private StageTensors Blurred(Blur blur)
    {
        TensorShape shape = _parameters.Shape;
        return new StageTensors
        {
            Input = _current,
            Output = Own(_backend.Allocate(shape)),
            Step = _step,
            Constants = [.. blur.Constants(shape, shape).Select(c => Own(_backend.Allocate(c.Shape)))],
            Scratch = [.. blur.Scratch(shape, shape).Select(s => Own(_backend.Allocate(s)))],
        };
    }

    private ((Stage Stage, StageTensors Tensors)[] Stages, ITensor Current) Replacing()
    {
        List<(Stage, StageTensors)> stages = [];
        ITensor current = _parameters;
        ITensor? other = null;
        for (int i = 0; i < _plan.Transforms.Length && _plan.Transforms[i].ReplacesPicture; i++)
        {
            other ??= Own(_backend.Allocate(_parameters.Shape));
            stages.Add((_plan.Transforms[i], new StageTensors { Input = current, Output = other, Table = _tables[i], Step = _step }));
            (current, other) = (other, current);
        }

        return ([.. stages], current);
    }

    private IEnumerable<TensorShape> Shapes(IReadOnlyList<Stage> parameters)
    {
        for (int i = 1; i <= parameters.Count; i++)
        {
            yield return parameters.Skip(i).Reverse().Aggregate(_plan.PictureShape, (shape, stage) => stage.InputShape(shape));
        }
    }

    private void Begin(Schedule schedule)
    {
        _backend.Upload(_parameters, schedule.Start);
        _backend.Upload(_best, schedule.Start);
        for (int i = 0; i < _tables.Count; i++)
        {
            if (_tables[i] is { } table)
            {
                _backend.Upload(table, schedule.Tables[i]);
            }
        }

        _toPicture.Begin(_backend);
        _toNetwork[0].Begin(_backend);
        if (_guide is not null)
        {
            _backend.Upload(_guide, [.. Enumerable.Repeat(_plan.Guide!.Values.ToArray(), _plan.Count).SelectMany(v => v)]);
        }

        if (_pace is { } pace)
        {
            _backend.Upload(pace.Factors, _plan.Schedule!.Factors(_plan.Iterations));
        }

        if (_blurred is { } blurred)
        {
            foreach ((ITensor constant, StageConstant values) in blurred.Tensors.Constants.Zip(blurred.Stage.Constants(_parameters.Shape, _parameters.Shape)))
            {
                _backend.Upload(constant, values.Values());
            }
        }

        foreach (ITensor tensor in (IEnumerable<ITensor>)[.. _state, .. _columns])
        {
            _backend.Fill(tensor, 0);
        }

        if (_importance is { } importance)
        {
            _backend.Fill(importance.Sum, 0);
        }

        _backend.Fill(BestTotal, double.PositiveInfinity);
        _backend.Fill(BestStep, -1);
        _backend.Fill(_step, 0);
        _excitation?.Prepare(_backend);
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
