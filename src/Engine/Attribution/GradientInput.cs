using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Gradient times input: m[y, x] = sum over c of (p - b)[y, x, c] dz/dp[y, x, c], b being what the network sees as 0: the mean colour, or black where it is fed raw.</summary>
/// <remarks>Shrikumar et al. (arXiv 1605.01713), section 2; captum's <c>InputXGradient</c>, summed over channels.</remarks>
public sealed record GradientInput : AttributionMethod
{
    /// <summary>How the gradient passes a ReLU.</summary>
    public ReluRule Relu { get; init; } = ReluRule.Plain;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "gradient-input";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool IsSigned => true;

    /// <inheritdoc/>
    public override void Validate(Network network, int side)
    {
    }

    internal override IMethodRun Start(AttributionSetting setting) => new GradientRun(setting.Passes(Relu, imageGradient: true), static (preprocessing, picture, gradient, map) =>
    {
        ReadOnlySpan<double> zero = Baselines.ZeroOf(preprocessing);
        for (int i = 0; i < map.Length; i++)
        {
            double sum = 0;
            for (int c = 0; c < 3; c++)
            {
                sum += (picture[(3 * i) + c] - zero[c]) * gradient[(3 * i) + c];
            }

            map[i] = sum;
        }
    });
}
