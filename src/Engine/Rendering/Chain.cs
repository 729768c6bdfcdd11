using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Rendering;

/// <summary>Stages one behind the other on a device, with the tensors between them.</summary>
internal sealed class Chain
{
    private readonly Stage[] _stages;
    private readonly StageTensors[] _tensors;
    private readonly List<(ITensor Tensor, Func<double[]> Values)> _constants = [];

    /// <summary>Allocates what lies between the stages.</summary>
    /// <param name="backend">Whose tensors.</param>
    /// <param name="stages">In order.</param>
    /// <param name="shapes">Shape of what comes out of each.</param>
    /// <param name="input">What goes into the first.</param>
    /// <param name="inputGradient">The gradient there.</param>
    /// <param name="tables">Each stage's drawn numbers, or null.</param>
    /// <param name="step">The step counter.</param>
    /// <param name="own">Takes over what has been allocated.</param>
    public Chain(IBackend backend, IReadOnlyList<Stage> stages, IReadOnlyList<TensorShape> shapes, ITensor input, ITensor inputGradient, IReadOnlyList<ITensor?> tables, ITensor step, Action<IDisposable> own)
    {
        _stages = [.. stages];
        _tensors = new StageTensors[_stages.Length];
        Output = input;
        OutputGradient = inputGradient;
        for (int i = 0; i < _stages.Length; i++)
        {
            ITensor output = Allocate(shapes[i]);
            ITensor outputGradient = Allocate(shapes[i]);
            ImmutableArray<StageConstant> constants = _stages[i].Constants(Output.Shape, shapes[i]);
            _tensors[i] = new StageTensors
            {
                Input = Output,
                InputGradient = OutputGradient,
                Output = output,
                OutputGradient = outputGradient,
                Table = tables[i],
                Step = step,
                Constants = [.. constants.Select(c => Allocate(c.Shape))],
                Scratch = [.. _stages[i].Scratch(Output.Shape, shapes[i]).Select(Allocate)],
            };
            _constants.AddRange(_tensors[i].Constants.Zip(constants, (tensor, constant) => (tensor, constant.Values)));
            (Output, OutputGradient) = (output, outputGradient);
        }

        ITensor Allocate(TensorShape shape)
        {
            ITensor tensor = backend.Allocate(shape);
            own(tensor);
            return tensor;
        }
    }

    // The same stages with the same tensors between them, and other ends.
    private Chain(Chain other, StageTensors[] tensors, ITensor output, ITensor outputGradient)
    {
        _stages = other._stages;
        _tensors = tensors;
        Output = output;
        OutputGradient = outputGradient;
    }

    /// <summary>The same stages by other drawn numbers, or of another picture; the tensors are shared, so that they hold what the last of the two has done.</summary>
    /// <param name="input">What goes into the first.</param>
    /// <param name="tables">Each stage's drawn numbers, or null.</param>
    public Chain Again(ITensor input, IReadOnlyList<ITensor?> tables) => IsEmpty
        ? new Chain(this, _tensors, input, OutputGradient)
        : new Chain(this, [.. _tensors.Select((t, i) => t.With(i == 0 ? input : t.Input, tables[i]))], Output, OutputGradient);

    /// <summary>Whether there is nothing between input and output.</summary>
    public bool IsEmpty => _stages.Length == 0;

    /// <summary>What comes out of the last stage; the input of an empty chain.</summary>
    public ITensor Output { get; }

    /// <summary>The gradient there; that of the input of an empty chain.</summary>
    public ITensor OutputGradient { get; }

    /// <summary>Uploads what never changes.</summary>
    public void Begin(IBackend backend)
    {
        foreach ((ITensor tensor, Func<double[]> values) in _constants)
        {
            backend.Upload(tensor, values());
        }

        _constants.Clear();
    }

    public void Forward(IImageOperations operations)
    {
        for (int i = 0; i < _stages.Length; i++)
        {
            _stages[i].Forward(operations, _tensors[i]);
        }
    }

    /// <summary>Forwards, and the network on what comes out.</summary>
    public void ForwardInto(IImageOperations operations, INetworkProgram program)
    {
        for (int i = 0; i < _stages.Length - 1; i++)
        {
            _stages[i].Forward(operations, _tensors[i]);
        }

        if (IsEmpty)
        {
            program.Forward(Output);
        }
        else
        {
            _stages[^1].ForwardInto(operations, program, _tensors[^1]);
        }
    }

    public void Backward(IImageOperations operations)
    {
        for (int i = _stages.Length - 1; i >= 0; i--)
        {
            _stages[i].Backward(operations, _tensors[i]);
        }
    }
}
