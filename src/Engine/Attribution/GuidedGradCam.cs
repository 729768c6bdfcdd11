using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Attribution;

/// <summary>Guided Grad-CAM: the enlarged map of Grad-CAM times the map of guided backpropagation, m[y, x] = cam[y, x] max over c of |g[y, x, c]|.</summary>
/// <remarks>Selvaraju et al. (arXiv 1610.02391), section 3.3; captum's <c>GuidedGradCam</c>, which keeps the channels apart and enlarges by nearest values unless told otherwise.</remarks>
public sealed record GuidedGradCam : CamMethod
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => "guided-grad-cam";

    internal override IMethodRun Start(AttributionSetting setting)
    {
        IMethodRun cam = new GradCam { Layer = Layer }.Start(setting);
        return new ProductRun(cam, new Saliency { Relu = ReluRule.Guided }.Start(setting));
    }
}
