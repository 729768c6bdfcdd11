using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_predictor.</summary>
internal sealed class PredictorResource : Resource
{
    private const int MostAtOnce = 4096;
    private const int OrdinaryTop = 5;
    private readonly DeviceResource _device;
    private readonly Predictor _predictor;
    private readonly float[][] _pictures;
    private readonly double _temperature;
    private readonly int _top;

    public PredictorResource(NetworkResource network, DeviceResource device, in PredictorOptions options)
        : base(network, device)
    {
        Topology topology = network.Network.Topology;
        _device = device;
        int batch = Memory.OrDefault(options.Batch, 1, MostAtOnce, "batch");
        if (topology.FixedInputSize is int side && (long)batch * side * side * 3 > Array.MaxLength)
        {
            throw new StatusException(Status.Plan, $"A batch of {batch} pictures of {side} x {side} x 3 is more than one array holds; take a smaller batch.");
        }

        int top = Memory.OrDefault(options.Top, OrdinaryTop, int.MaxValue, "top");
        _temperature = network.Temperature;

        // Calibrating takes all classes.
        _predictor = new Predictor(device.Backend, network.Network, batch, Options.Preprocessing(options.Preprocessing), _temperature == 1 ? top : null);
        Side = topology.FixedInputSize!.Value;
        _top = Math.Min(top, topology.Head!.Classes);
        _pictures = [.. Enumerable.Range(0, batch).Select(_ => new float[Side * Side * 3])];
    }

    public override string Kind => "predictor";

    public override IExclusive Device => _device;

    private int Side { get; }

    /// <summary>How many predictions a call with so many values gives.</summary>
    /// <exception cref="StatusException">They are no pictures, or too many.</exception>
    public int CountFor(nuint values)
    {
        nuint each = (nuint)(Side * Side * 3);
        return values > 0 && values % each == 0 && values / each <= (nuint)_predictor.Batch
            ? (int)(values / each) * _top
            : throw StatusException.Argument($"{values} values of pictures were given; 1 to {_predictor.Batch} pictures of {Side} x {Side} x 3 = {each} values are needed.");
    }

    /// <summary>Names classes; the values have been counted, and the device entered.</summary>
    public ClassPrediction[] Run(ReadOnlySpan<float> pictures)
    {
        int each = Side * Side * 3;
        int count = pictures.Length / each;
        for (int i = 0; i < count; i++)
        {
            pictures.Slice(i * each, each).CopyTo(_pictures[i]);
        }

        ImmutableArray<ImmutableArray<Prediction>> found = _predictor.Predict(new ArraySegment<float[]>(_pictures, 0, count));
        return [.. found.SelectMany(all => Probabilities.Calibrated(all, _temperature).Take(_top)).Select(p => new ClassPrediction { ClassIndex = p.Class, Probability = p.Probability, Logit = p.Logit })];
    }

    public override void Dispose() => _predictor.Dispose();
}
