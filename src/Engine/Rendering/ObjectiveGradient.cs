using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;

namespace VggCuda.Engine.Rendering;

/// <summary>An objective's value for given pictures, and its gradient with respect to them.</summary>
/// <remarks>
/// <para>Compiled once and used for any number of batches. The value is what a render raises, the negative of its loss; the gradient has the same sign, so a step along it raises the value.</para>
/// <para>To be used by one thread at a time, like its backend, and disposed of before it.</para>
/// </remarks>
public sealed class ObjectiveGradient : IDisposable
{
    private readonly IBackend _backend;
    private readonly List<IDisposable> _owned = [];
    private readonly INetworkProgram _program;
    private readonly Excitation _excitation;
    private readonly ITensor _values;
    private readonly ITensor _input;
    private readonly ITensor _gradient;

    /// <summary>Compiles the network up to the objective's highest layer.</summary>
    /// <param name="backend">Where to compute; stays the caller's.</param>
    /// <param name="network">The network; its weights must outlive this.</param>
    /// <param name="objective">What is asked about; where it describes a number of pictures, <paramref name="batch"/> of them.</param>
    /// <param name="batch">Pictures at once, 1 or more.</param>
    /// <param name="height">Rows of the pictures.</param>
    /// <param name="width">Columns of the pictures.</param>
    /// <param name="preprocessing">What happens to the pictures on their way into the network.</param>
    /// <param name="precision">The network's arithmetic.</param>
    /// <param name="cancellation">Ends compiling early.</param>
    /// <exception cref="PlanException">The objective or the size does not fit the network.</exception>
    /// <exception cref="WeightsException">The weights cannot be read.</exception>
    /// <exception cref="DeviceException">The device failed, or has not enough memory.</exception>
    public ObjectiveGradient(
        IBackend backend,
        Network network,
        Objective objective,
        int batch,
        int height,
        int width,
        Preprocessing preprocessing = Preprocessing.Vgg16,
        Precision precision = Precision.Fp32,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(objective);
        objective.Validate(network);
        if (batch < 1 || objective.Count is int described && described != batch || batch % objective.GroupSize != 0)
        {
            throw new PlanException($"The objective is about {objective.Count?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? $"whole groups of {objective.GroupSize}"} pictures, and the batch is {batch}.");
        }

        // As a loss an objective is negative.
        Objective raised = objective with { Weight = -objective.Weight };
        ProgramSpec spec = new()
        {
            Taps = raised.Taps(network),
            Batch = batch,
            Height = height,
            Width = width,
            Top = raised.ProgramTop,
            Preprocessing = preprocessing,
            Precision = precision,
        };
        spec.Validate(network);
        _backend = backend;
        try
        {
            _program = Own(backend.Compile(network, spec, cancellation));
            _values = Own(backend.Allocate(TensorShape.PerImage(batch)));
            _input = Own(backend.Allocate(_program.InputShape));
            _gradient = Own(backend.Allocate(_program.InputShape));
            _excitation = new Excitation(raised, network, _program.Taps, _values, shape => Own(backend.Allocate(shape)));
            _excitation.Prepare(backend);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Shape of the pictures and of the gradient: (batch, height, width, 3).</summary>
    public TensorShape Shape => _program.InputShape;

    /// <summary>Evaluates a batch.</summary>
    /// <param name="pictures">A whole batch in C order: RGB 0..255, or what the network shall be fed with where nothing happens to it on its way.</param>
    /// <param name="values">One per picture, overwritten; empty where nobody asks.</param>
    /// <param name="gradient">As the pictures, overwritten; empty where nobody asks: then no backward pass is made.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void Evaluate(ReadOnlySpan<float> pictures, Span<double> values, Span<float> gradient)
    {
        _backend.Upload(_input, pictures);
        Evaluate(_input, gradient.IsEmpty ? null : _gradient);
        if (!values.IsEmpty)
        {
            _backend.Download(_values, values);
        }

        if (!gradient.IsEmpty)
        {
            _backend.Download(_gradient, gradient);
        }
    }

    /// <summary>Evaluates a batch that lies on the device.</summary>
    /// <param name="pictures">Of <see cref="Shape"/>, of this backend; not changed.</param>
    /// <param name="gradient">The same, overwritten; null where nobody asks.</param>
    /// <returns>One value per picture; belongs to this, and holds until the next call.</returns>
    public ITensor Evaluate(ITensor pictures, ITensor? gradient)
    {
        _program.Forward(pictures);
        _excitation.Evaluate(_backend);
        if (gradient is not null)
        {
            _program.Backward(_excitation.Gradients, gradient);
        }

        return _values;
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
