using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Stages;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Stages with all that they work on, for the contract of every backend.</summary>
public static class StageCase
{
    /// <summary>Every kind of stage; all but the sigmoid are linear.</summary>
    public static IReadOnlyDictionary<string, Stage> All { get; } = new Dictionary<string, Stage>
    {
        ["jitter"] = new Jitter(5),
        ["shift"] = new RandomShift(7),
        ["turn"] = new RandomTurn(40, 0.7, 1.4),
        ["spectrum"] = new Spectrum(),
        ["decorrelation"] = new Decorrelation(),
        ["sigmoid"] = new SigmoidRange(-20, 255),
    };

    /// <summary>Allocates a stage's tensors and fills in its constants and drawn numbers, three steps of them.</summary>
    public static StageTensors Allocate(Tensors t, Stage stage, TensorShape picture, int step = 0)
    {
        TensorShape input = stage.InputShape(picture);
        ITensor? table = null;
        if (stage.NumbersPerStep > 0)
        {
            const int steps = 3;
            double[] numbers = new double[steps * picture.N * stage.NumbersPerStep];
            for (int n = 0; n < picture.N; n++)
            {
                NumPyRandom random = new(900 + (uint)n);
                for (int row = 0; row < steps; row++)
                {
                    stage.Draw(random, input, numbers.AsSpan(((row * picture.N) + n) * stage.NumbersPerStep, stage.NumbersPerStep));
                }
            }

            // As the devices hold them.
            table = t.Put(new TensorShape(steps, picture.N, 1, stage.NumbersPerStep), [.. numbers.Select(v => (double)(float)v)]);
        }

        return new StageTensors
        {
            Input = t.Zeros(input),
            InputGradient = t.Zeros(input),
            Output = t.Zeros(picture),
            OutputGradient = t.Zeros(picture),
            Table = table,
            Step = t.Scalar(step),
            Constants = [.. stage.Constants(picture).Select(c => t.Put(c.Shape, c.Values))],
            Scratch = [.. stage.Scratch(picture).Select(t.Zeros)],
        };
    }
}
