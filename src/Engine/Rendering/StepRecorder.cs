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
    private readonly Regularizer[] _regularizers;
    private readonly INetworkProgram? _program;
    private readonly Excitation? _excitation;
    private readonly ITensor _parameters;
    private readonly ITensor _gradient;
    private readonly ITensor _current;
    private readonly (Stage Stage, StageTensors Tensors)[] _replacing;
    private readonly Chain _toPicture;
    private readonly Chain _toNetwork;
    private readonly ITensor _total;
    private readonly ITensor _best;
    private readonly ITensor _step;

    public StepRecorder(IBackend backend, Network network, RenderPlan plan, CancellationToken cancellation)
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
            _regularizers = [.. plan.Regularizers.Where(r => r.Weight != 0)];
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

            foreach (Stage transform in plan.Transforms)
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

            _toNetwork = new Chain(backend, transforms, shapes, _toPicture.Output, _toPicture.OutputGradient, [.. _tables.Skip(_replacing.Length)], _step, disposable => Own(disposable));
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
        }

        ITensor sum = _columns[0];
        for (int i = 0; i < _regularizers.Length; i++)
        {
            _regularizers[i].Apply(_backend, picture, _columns[i + 1], pictureGradient);
            _backend.Add(sum, _columns[i + 1], _total);
            sum = _total;
        }

        if (_regularizers.Length == 0)
        {
            _backend.Copy(sum, _total);
        }

        _toPicture.Backward(_backend);
        _plan.Optimizer.Apply(_backend, _current, _gradient, _state, _step);
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

    private void Replace()
    {
        for (int i = 0; i < _replacing.Length; i++)
        {
            // The last of them may go into the network's first pass, which Evaluate makes.
            if (_program is null || !_toNetwork.IsEmpty || i < _replacing.Length - 1)
            {
                _replacing[i].Stage.Forward(_backend, _replacing[i].Tensors);
            }
        }
    }

    private void Evaluate(INetworkProgram program)
    {
        if (_toNetwork.IsEmpty && _replacing.Length > 0)
        {
            _replacing[^1].Stage.ForwardInto(_backend, program, _replacing[^1].Tensors);
        }
        else
        {
            _toNetwork.ForwardInto(_backend, program);
        }

        _excitation!.Evaluate(_backend);
        program.Backward(_excitation.Gradients, _toNetwork.OutputGradient, _step);
        _toNetwork.Backward(_backend);
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
        _toNetwork.Begin(_backend);
        foreach (ITensor tensor in (IEnumerable<ITensor>)[.. _state, .. _columns])
        {
            _backend.Fill(tensor, 0);
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
