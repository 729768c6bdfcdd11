using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>An objective's values and gradient for given pictures: against finite differences, a program's own passes, and pictures alone.</summary>
public sealed class ObjectiveGradientTests
{
    [Theory]
    [InlineData("block2_conv1:1 - 0.5*block1_pool")]
    [InlineData("predictions:3")]
    [InlineData("-2*block3_conv1 + block1_conv2:3@1,2")]
    public void The_gradient_is_the_slope_of_the_value(string text)
    {
        using ReferenceBackend backend = new();
        Network network = Samples.WithTop;
        int side = network.Topology.FixedInputSize!.Value;
        using (ObjectiveGradient gradient = new(backend, network, Parse(text, 1, network), 1, side, side))
        using (ITensor picture = backend.Allocate(gradient.Shape))
        using (ITensor slopes = backend.Allocate(gradient.Shape))
        {
            double[] values = [.. Picture(side, 1).Select(v => (double)v)];
            backend.Upload(picture, values);
            gradient.Evaluate(picture, slopes);
            double[] found = new double[values.Length];
            backend.Download(slopes, found);
            Assert.Contains(found, v => Math.Abs(v) > 1e-6);
            int steepest = Enumerable.Range(0, found.Length).MaxBy(i => Math.Abs(found[i]));
            foreach (int i in (int[])[steepest, 7, 1000, values.Length - 1])
            {
                const double step = 1e-4;
                double difference = (At(i, step) - At(i, -step)) / (2 * step);
                Assert.Equal(difference, found[i], 1e-6 * (1 + Math.Abs(difference)));
            }

            double At(int index, double by)
            {
                double[] moved = [.. values];
                moved[index] += by;
                backend.Upload(picture, moved);
                double[] value = new double[1];
                backend.Download(gradient.Evaluate(picture, null), value);
                return value[0];
            }
        }

        Assert.Equal(0, backend.LiveResources);
    }

    [Fact]
    public void It_has_the_bits_of_a_program_s_own_passes_and_every_picture_those_that_it_has_alone()
    {
        using CpuBackend backend = new(2);
        Network network = Samples.WithTop;
        int side = network.Topology.FixedInputSize!.Value;
        float[] pictures = [.. Picture(side, 1), .. Picture(side, 2), .. Picture(side, 3)];
        double[] values = new double[3];
        float[] slopes = new float[pictures.Length];
        using (ObjectiveGradient all = new(backend, network, Parse("predictions:3", 3, network), 3, side, side))
        {
            all.Evaluate(pictures, values, slopes);
            double[] again = new double[3];
            all.Evaluate(pictures, again, []);
            Assert.Equal(values, again);
        }

        using ObjectiveGradient one = new(backend, network, Parse("predictions:3", 1, network), 1, side, side);
        using INetworkProgram program = backend.Compile(network, new ProgramSpec { Taps = [new TapSpec(network.Topology.Classifier!)], Batch = 1, Height = side, Width = side });
        using ITensor input = backend.Allocate(program.InputShape);
        using ITensor output = backend.Allocate(program.InputShape);
        using ITensor unit = backend.Allocate(program.Tap.Shape);
        for (int n = 0; n < 3; n++)
        {
            int each = pictures.Length / 3;
            double[] value = new double[1];
            float[] slope = new float[each];
            one.Evaluate(pictures.AsSpan(n * each, each), value, slope);
            Assert.Equal(values[n], value[0]);
            Assert.Equal(slopes.AsSpan(n * each, each).ToArray(), slope);

            backend.Upload(input, pictures.AsSpan(n * each, each));
            program.Forward(input);
            float[] logits = new float[program.Tap.Shape.Count];
            backend.Download(program.Tap, logits);
            Assert.Equal(logits[3], value[0]);
            float[] only = new float[logits.Length];
            only[3] = 1;
            backend.Upload(unit, only);
            program.Backward(unit, output);
            float[] own = new float[each];
            backend.Download(output, own);
            Assert.Equal(own, slope);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using ReferenceBackend backend = new();
        Network network = Samples.WithTop;
        int side = network.Topology.FixedInputSize!.Value;
        Assert.Throws<PlanException>(() => new ObjectiveGradient(backend, network, Parse("predictions:3", 2, network), 1, side, side));
        Assert.Throws<PlanException>(() => new ObjectiveGradient(backend, network, Parse("diversity(block1_conv1)", 2, network), 3, side, side));
        Assert.Throws<PlanException>(() => new ObjectiveGradient(backend, network, Parse("predictions:3", 1, network), 1, side + 40, side));
        Assert.Equal(0, backend.LiveResources);
        using ObjectiveGradient gradient = new(backend, network, Parse("predictions:3", 1, network), 1, side, side);
        Assert.Throws<ArgumentException>(() => gradient.Evaluate(new float[5], [], []));
        Assert.Throws<ArgumentException>(() => gradient.Evaluate(new float[side * side * 3], new double[2], []));
    }

    private static Objective Parse(string text, int pictures, Network network) => ObjectiveText.Parse(text, pictures, network, _ => null);

    private static float[] Picture(int side, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, side * side * 3).Select(_ => (float)(random.NextDouble() * 255))];
    }
}
