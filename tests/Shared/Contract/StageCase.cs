using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Stages;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Stages with all that they work on, for the contract of every backend.</summary>
public static class StageCase
{
    /// <summary>Every kind of stage; most are linear.</summary>
    public static IReadOnlyDictionary<string, Stage> All { get; } = new Dictionary<string, Stage>
    {
        ["jitter"] = new Jitter(5),
        ["shift"] = new RandomShift(7),
        ["turn"] = new RandomAffine(40, 0.7, 1.4),
        ["view, shifted and mirrored, in grey"] = new RandomAffine(15, 0.75, 1.25) { Shift = 6.5, Mirror = true, Outside = 0.5 },
        ["view, a part"] = new RandomAffine(10) { Shift = 3, Height = 21, Width = 19 },
        ["blur"] = new Blur(1.25),
        ["smaller"] = new Resize(20, 13),
        ["larger"] = new Resize(50, 71),
        ["spectrum"] = new Spectrum(),
        ["phases"] = new PhaseSpectrum(),
        ["standardization"] = new Standardization(),
        ["decorrelation"] = new Decorrelation(),
        ["noise"] = new Noise(3),
        ["clip"] = new ClipRange(-20, 255),
        ["sigmoid"] = new SigmoidRange(-20, 255),
    };

    /// <summary>Allocates a stage's tensors and fills in its constants and drawn numbers, three steps of them.</summary>
    public static StageTensors Allocate(Tensors t, Stage stage, TensorShape picture, int step = 0)
    {
        bool isTransform = stage.IsTransform;
        TensorShape input = isTransform ? picture : stage.InputShape(picture);
        TensorShape output = isTransform ? stage.OutputShape(picture) : picture;
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
            Output = t.Zeros(output),
            OutputGradient = t.Zeros(output),
            Table = table,
            Step = t.Scalar(step),
            Constants = [.. stage.Constants(input, output).Select(c => t.Put(c.Shape, c.Values()))],
            Scratch = [.. stage.Scratch(input, output).Select(t.Zeros)],
        };
    }
}
