using System.Text;
using VggCuda.Engine.Hashing;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Sweeps;

/// <summary>A hash of what decides a picture, up to the rounding of engine and kernels.</summary>
internal static class UnitKey
{
    /// <summary>SHA-256 of a plan of one picture, as JSON with single line feeds, a line feed, and the weights' SHA-256; lower-case hex.</summary>
    /// <param name="plan">Of one picture.</param>
    /// <param name="weights">SHA-256 of the weights, lower-case hex.</param>
    public static string Of(RenderPlan plan, string weights) =>
        ContentHash.Sha256Of(Encoding.UTF8.GetBytes($"{plan.ToJson().ReplaceLineEndings("\n")}\n{weights}"));
}
