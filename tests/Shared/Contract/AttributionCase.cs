using System.Collections.Immutable;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Every attribution method on a tiny network, with so few samples that a slow backend has time for it.</summary>
public static class AttributionCase
{
    public const int Side = 32;

    public static readonly ImmutableArray<int> Classes = [0, 3];

    public static readonly Network Network = Network.FromWeights(new HeWeights(new Topology([[3, 5], [4, 7], [5, 6, 3], [5, 7, 4], [6, 5, 7]], Head.Create(1, 9, 7, 6)), 20));

    public static readonly IReadOnlyDictionary<string, AttributionMethod> All = new AttributionMethod[]
    {
        new Saliency(),
        new GradientInput(),
        // Of a noise where no value of the networks lies within float32's rounding of 0: there it may decide otherwise than the reference.
        new SmoothGrad { Samples = 2, Seed = 2 },
        new VarGrad { Samples = 2, Seed = 2 },
        new IntegratedGradients { Steps = 2, MaxSteps = 2 },
        new Saliency { Relu = ReluRule.Guided },
        new Saliency { Relu = ReluRule.Deconvnet },
        new GradCam(),
        new GradCamPlusPlus { Layer = "block4_pool" },
        new LayerCam { Layer = "block4_conv2" },
        new ScoreCam { Layer = "block4_conv2", Channels = 2 },
        new GuidedGradCam(),
        new Occlusion { Window = 20, Stride = 12 },
        new Rise { Masks = 2 },
    }.ToDictionary(m => m.Name);

    /// <summary>Two pictures.</summary>
    public static float[] Pictures() => Array.ConvertAll(Samples.Uniform(new TensorShape(Classes.Length, Side, Side, 3), 0, 255, 400), v => (float)v);

    /// <summary>Maps of the pictures from <paramref name="first"/> on.</summary>
    public static double[] Run(IBackend backend, string name, Precision precision, int batch, int first = 0, int count = 2)
    {
        using Attributor attributor = new(backend, Network, new AttributionPlan { Method = All[name], Precision = precision, Batch = batch });
        float[] maps = new float[count * Side * Side];
        const int length = Side * Side * 3;
        attributor.Attribute(Pictures().AsSpan(first * length, count * length), Classes.AsSpan().Slice(first, count), maps);
        return Array.ConvertAll(maps, v => (double)v);
    }
}
