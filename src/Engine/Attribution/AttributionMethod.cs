using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>A way of telling which parts of a picture a class's logit rests on. Its settings are part of the plan; it holds no tensors.</summary>
/// <remarks>docs/attribution.md says for each method its source, sign, reduction over channels, upsampling and tap, and where other programs differ.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Saliency), "saliency")]
[JsonDerivedType(typeof(GradientInput), "gradient-input")]
[JsonDerivedType(typeof(SmoothGrad), "smoothgrad")]
[JsonDerivedType(typeof(VarGrad), "vargrad")]
[JsonDerivedType(typeof(IntegratedGradients), "integrated-gradients")]
[JsonDerivedType(typeof(GradCam), "grad-cam")]
[JsonDerivedType(typeof(GradCamPlusPlus), "grad-cam++")]
[JsonDerivedType(typeof(LayerCam), "layer-cam")]
[JsonDerivedType(typeof(ScoreCam), "score-cam")]
[JsonDerivedType(typeof(GuidedGradCam), "guided-grad-cam")]
[JsonDerivedType(typeof(Occlusion), "occlusion")]
[JsonDerivedType(typeof(Rise), "rise")]
public abstract record AttributionMethod
{
    /// <summary>Its name for <c>--method</c>.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Whether a map may tell for and against: then 0 is its middle, and it is shown with a diverging colour map.</summary>
    [JsonIgnore]
    public abstract bool IsSigned { get; }

    /// <summary>Checks the settings against a network.</summary>
    /// <param name="network">One with dense layers.</param>
    /// <param name="side">Rows and columns of its input.</param>
    /// <exception cref="PlanException">A value is out of its range, or the network has no such layer.</exception>
    public abstract void Validate(Network network, int side);

    /// <summary>Gets ready to explain pictures: what is compiled and allocated here is used again for every call.</summary>
    internal abstract IMethodRun Start(AttributionSetting setting);

    internal static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new PlanException(message);
        }
    }
}
