using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>The network compiled for a batch of one size, with the host's side of what goes in and out.</summary>
internal sealed class Pass : IDisposable
{
    private readonly IBackend _backend;
    private readonly List<IDisposable> _owned = [];
    private readonly INetworkProgram _program;
    private readonly ITensor _input;
    private readonly ITensor? _given;
    private readonly ITensor? _gradient;
    private readonly double[] _inputs;
    private readonly double[] _logits;
    private readonly double[] _oneHot = [];
    private readonly double[] _gradients = [];
    private readonly double[] _layer = [];
    private readonly double[] _layerGradient = [];
    private readonly ITensor?[] _gradientsGiven = [];
    private bool _hasLayer;

    public Pass(IBackend backend, Network network, ProgramSpec spec, bool imageGradient, CancellationToken cancellation)
    {
        _backend = backend;
        try
        {
            _program = Own(backend.Compile(network, spec, cancellation));
            _input = Own(backend.Allocate(_program.InputShape));
            _inputs = new double[_program.InputShape.Count];
            _logits = new double[_program.Tap.Shape.Count];
            _layer = spec.Taps.Length > 1 ? new double[_program.Taps[1].Shape.Count] : [];
            if (spec.NeedsGradient)
            {
                _given = Own(backend.Allocate(_program.Tap.Shape));
                _gradientsGiven = new ITensor?[spec.Taps.Length];
                _gradientsGiven[0] = _given;
                _oneHot = new double[_logits.Length];
                _layerGradient = spec.Taps[^1].WantsGradient ? new double[_program.Taps[^1].Shape.Count] : [];
            }

            if (imageGradient)
            {
                _gradient = Own(backend.Allocate(_program.InputShape));
                _gradients = new double[_inputs.Length];
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Images that fit.</summary>
    public int Batch => _program.Spec.Batch;

    /// <summary>Shape of the layer whose values are looked at.</summary>
    public TensorShape LayerShape => _program.Taps[1].Shape;

    /// <summary>One image's place, (H, W, 3), to be filled before <see cref="Forward"/>.</summary>
    public Span<double> Input(int slot) => Of(_inputs, slot);

    /// <summary>One image's logits.</summary>
    public ReadOnlySpan<double> Logits(int slot) => Of(_logits, slot);

    /// <summary>The gradient of one image's logit with respect to the image, (H, W, 3).</summary>
    public ReadOnlySpan<double> Gradient(int slot) => Of(_gradients, slot);

    /// <summary>What one image made of the layer looked at, (h, w, channels).</summary>
    public Span<double> Layer(int slot)
    {
        if (!_hasLayer)
        {
            _backend.Download(_program.Taps[1], _layer);
            _hasLayer = true;
        }

        return Of(_layer, slot);
    }

    /// <summary>The gradient of one image's logit at the last layer looked at.</summary>
    public Span<double> LayerGradient(int slot) => Of(_layerGradient, slot);

    /// <summary>Forwards, whatever lies in the places.</summary>
    public void Forward()
    {
        _hasLayer = false;
        _backend.Upload(_input, _inputs);
        _program.Forward(_input);
        _backend.Download(_program.Tap, _logits);
    }

    /// <summary>Backwards from one logit of each image.</summary>
    /// <param name="classes">One per image that counts; the others get no gradient.</param>
    public void Backward(ReadOnlySpan<int> classes)
    {
        Array.Clear(_oneHot);
        for (int i = 0; i < classes.Length; i++)
        {
            Of(_oneHot, i)[classes[i]] = 1;
        }

        _backend.Upload(_given!, _oneHot);
        _program.Backward(_gradientsGiven, _gradient);
        if (_gradient is not null)
        {
            _backend.Download(_gradient, _gradients);
        }

        if (_layerGradient.Length > 0)
        {
            _backend.Download(_program.TapGradient(_gradientsGiven.Length - 1), _layerGradient);
        }
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }

    private Span<double> Of(double[] all, int slot) => all.AsSpan(slot * (all.Length / Batch), all.Length / Batch);

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }
}
