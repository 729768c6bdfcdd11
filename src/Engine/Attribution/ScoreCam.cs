using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Score-CAM: m = max(0, sum over k of w_k A_k), w_k the class's probability for the picture seen through A_k: b + M_k (p - b), M_k being A_k enlarged and stretched to 0..1, b what the network sees as 0.</summary>
/// <remarks>
/// Wang et al. (arXiv 1910.01279) as its authors' program and tf-keras-vis do it. A channel that is the same everywhere has no mask and no weight
/// (as in the authors' program). With <see cref="Channels"/> only those that vary most are tried: tf-keras-vis's "faster" variant.
/// </remarks>
public sealed record ScoreCam : CamMethod
{
    /// <summary>How many channels are tried, those with the largest standard deviation over positions; null for all.</summary>
    public int? Channels { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "score-cam";

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
        Layer layer = Find(network);
        Require(Channels is null || (Channels >= 1 && Channels <= layer.Outputs), $"The number of channels for score-cam is {Channels}; {layer.Name} has 1 to {layer.Outputs}.");
    }

    internal override IMethodRun Start(AttributionSetting setting) =>
        new ScoreCamRun(setting.Passes(ReluRule.Plain, imageGradient: false, new TapSpec(Find(setting.Network))), Channels);
}
