using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Optimizers;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Regularizers;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Three steps of each objective and each regulariser, alone, lower its loss.</summary>
public class ImprovementTests
{
    public static TheoryData<string, bool, bool> Objectives => new()
    {
        { "block1_conv1", false, false },
        { "block2_conv2", true, false },
        { "block3_pool", false, false },
        { "block5_conv3", true, false },
        { "block5_pool", false, false },
        { "fc1", true, false },
        { "fc2", false, false },
        { "predictions", false, false },
        { "predictions", false, true },
    };

    public static TheoryData<string> Regularizers => ["tv 1", "tv 1.5", "tv 2", "tv 3", "lp 1", "lp 2", "lp 6", "lp infinity"];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void An_objective_grows(string layer, bool before, bool softmax)
    {
        RenderPlan plan = TinyNetworks.Plan(4, 1);
        plan = plan with
        {
            Objective = new ChannelObjective
            {
                Layer = layer,
                Channels = [[0, 1]],
                Point = before ? TapPoint.BeforeActivation : TapPoint.AfterActivation,
                Top = softmax ? TopActivation.Softmax : TopActivation.Linear,
            },
            Transforms = [],
            Regularizers = [],
        };
        foreach (Preprocessing preprocessing in (Preprocessing[])[Preprocessing.Raw, Preprocessing.Vgg16])
        {
            Improves(plan with { Preprocessing = preprocessing }, 0);
        }
    }

    [Theory]
    [MemberData(nameof(Regularizers))]
    public void A_regularizer_shrinks(string name)
    {
        Regularizer regularizer = name switch
        {
            "tv 1" => new TotalVariation(1, 1),
            "tv 1.5" => new TotalVariation(1, 1.5),
            "tv 2" => new TotalVariation(1),
            "tv 3" => new TotalVariation(1, 3),
            "lp 1" => new LpNorm(1, 1),
            "lp 2" => new LpNorm(1, 2),
            "lp 6" => new LpNorm(1),
            "lp infinity" => new LpNorm(1, double.PositiveInfinity),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        RenderPlan plan = TinyNetworks.Plan(4, 1);
        Improves(plan with { Objective = plan.Objective with { Weight = 0 }, Transforms = [], Regularizers = [regularizer] }, 1);
    }

    private static void Improves(RenderPlan plan, int column)
    {
        // A tenth of keras-vis's rate: its first steps, 4.5 grey levels in every pixel, jump over what such small networks can follow.
        using ReferenceBackend backend = new();
        double[][] losses = new Renderer(backend).Render(TinyNetworks.WithTop, plan with { Optimizer = new RmsProp(0.1) }).Images[0].Losses;
        Assert.True(losses[3][column] < losses[0][column], $"{plan.Preprocessing}: {string.Join(", ", losses.Select(row => row[column]))}");
    }
}
