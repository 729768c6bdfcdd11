using System.Collections.Immutable;
using VggCuda.Engine.Attribution;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_attributor.</summary>
internal sealed class AttributorResource : Resource
{
    private const int MostAtOnce = 4096;
    private const int OrdinaryBatch = 8;
    private readonly Attributor _attributor;

    public AttributorResource(NetworkResource network, DeviceResource device, string method, in AttributorOptions options)
        : base(network, device)
    {
        Owner = device;
        int batch = Memory.OrDefault(options.Batch, OrdinaryBatch, MostAtOnce, "batch");
        Options.RequireZero(options.Reserved);
        Engine.Model.Preprocessing preprocessing = Options.Preprocessing(options.Preprocessing);
        AttributionPlan plan = method.TrimStart().StartsWith('{')
            ? AttributionPlan.FromJson(method)
            : new AttributionPlan { Method = AttributionMethods.Named(method.Trim()), Preprocessing = preprocessing };
        device.Check((int)plan.Precision);
        _attributor = new Attributor(device.Backend, network.Network, plan with { Batch = batch });
    }

    public override string Kind => "attributor";

    public override IExclusive Device => Owner;

    /// <summary>Where it works.</summary>
    public DeviceResource Owner { get; }

    /// <summary>Explains pictures; the device has been entered.</summary>
    public AttributionResult[] Run(ReadOnlySpan<float> pictures, ReadOnlySpan<int> classes, Span<float> maps, CancellationToken cancellation)
    {
        ImmutableArray<AttributionFacts> facts = _attributor.Attribute(pictures, classes, maps, cancellation: cancellation);
        return [.. facts.Select(f => new AttributionResult { ClassIndex = f.Class, Logit = f.Logit, Probability = f.Probability })];
    }

    /// <summary>How many pictures so many values are.</summary>
    public int CountOf(nuint values)
    {
        nuint each = (nuint)(_attributor.Side * _attributor.Side * 3);
        return values > 0 && values % each == 0 && values <= int.MaxValue
            ? (int)(values / each)
            : throw StatusException.Argument($"{values} values of pictures were given; whole pictures of {_attributor.Side} x {_attributor.Side} x 3 = {each} values are needed.");
    }

    public override void Dispose() => _attributor.Dispose();
}
