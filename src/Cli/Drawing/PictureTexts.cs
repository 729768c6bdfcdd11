using VggCuda.Cli.Hosting;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Drawing;

/// <summary>What a picture says of itself in its PNG's text metadata.</summary>
internal static class PictureTexts
{
    /// <summary>The plan, as JSON.</summary>
    public const string Plan = "vggcuda:plan";

    /// <summary>The program's version.</summary>
    public const string Version = "vggcuda:version";

    /// <summary>What the weights are called and their SHA-256: <c>NAME sha256:HEX</c>.</summary>
    public const string Weights = "vggcuda:weights";

    /// <summary>What rounds alike: see <see cref="KernelName"/>.</summary>
    public const string Kernels = "vggcuda:kernels";

    /// <summary><c>none</c> where the picture is bare, in its own pixels.</summary>
    public const string Label = "vggcuda:label";

    /// <summary>Steps done, where the run was cancelled.</summary>
    public const string Steps = "vggcuda:steps";

    /// <summary>The texts that every drawn picture has.</summary>
    /// <param name="plan">Of the pictures in the file.</param>
    /// <param name="weights">What the weights are called.</param>
    /// <param name="sha256">Theirs, or null where it is not known.</param>
    /// <param name="kernels">See <see cref="KernelName"/>.</param>
    public static Dictionary<string, string> Of(RenderPlan plan, string weights, string? sha256, string kernels) => new()
    {
        ["Software"] = $"{Software.Name} {Software.Version}",
        [Plan] = plan.ToJson(),
        [Version] = Software.Version,
        [Weights] = sha256 is null ? weights : $"{weights} sha256:{sha256}",
        [Kernels] = kernels,
    };
}
