using System.Collections.Immutable;
using CsCheck;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>What holds for all inputs, tried on random ones. A failure prints the seed that repeats it.</summary>
public class PropertyTests
{
    private static readonly Gen<TensorShape> Shapes = Gen.Select(Gen.Int[1, 4], Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 7], (n, h, w, c) => new TensorShape(n, h, w, c));

    private static readonly Gen<uint> Seeds = Gen.UInt;

    [Fact]
    public void A_roll_and_its_inverse_give_the_image_back() => Gen.Select(Shapes, Seeds).Sample(
        (shape, seed) =>
        {
            double[] image = Samples.Uniform(shape, -1, 1, seed);
            double[] shifts = Samples.Shifts(1, shape, seed);
            double[] there = Shifted(shape, image, shifts, ShiftMode.Roll);
            return Shifted(shape, there, [.. shifts.Select(s => -s)], ShiftMode.Roll).SequenceEqual(image);
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void SciPys_wrap_is_what_its_formula_says() => Gen.Select(Shapes, Seeds).Sample(
        (shape, seed) =>
        {
            double[] image = Samples.Uniform(shape, -1, 1, seed);
            double[] shifts = Samples.Shifts(1, shape, seed);
            double[] actual = Shifted(shape, image, shifts, ShiftMode.ScipyWrap);
            int i = 0;
            for (int n = 0; n < shape.N; n++)
            {
                for (int y = 0; y < shape.H; y++)
                {
                    for (int x = 0; x < shape.W; x++)
                    {
                        for (int c = 0; c < shape.C; c++, i++)
                        {
                            int fromY = Stated(y, (int)shifts[2 * n], shape.H);
                            int fromX = Stated(x, (int)shifts[(2 * n) + 1], shape.W);
                            if (actual[i] != image[((((n * shape.H) + fromY) * shape.W) + fromX) * shape.C + c])
                            {
                                return false;
                            }
                        }
                    }
                }
            }

            return true;

            // Word for word from ShiftMode's documentation.
            static int Stated(int j, int s, int n)
            {
                if (s > 0)
                {
                    return j >= s ? j - s : j - s + n - 1;
                }

                int t = -s;
                return j + t <= n - 1 ? j + t : j + t - (n - 1);
            }
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void An_image_of_a_batch_is_treated_as_if_it_were_alone() => Gen.Select(Shapes, Gen.Int[0, OperationCase.All.Count - 1]).Sample(
        (shape, number) =>
        {
            string name = OperationCase.All.Keys.ElementAt(number);
            using ReferenceBackend backend = new();
            using Tensors t = new(backend);
            double[][] batch = OperationCase.All[name].Run(t, shape, 0);
            for (int n = 0; n < shape.N; n++)
            {
                double[][] alone = OperationCase.All[name].Run(t, shape with { N = 1 }, n);
                for (int i = 0; i < alone.Length; i++)
                {
                    if (!alone[i].AsSpan().SequenceEqual(batch[i].AsSpan(n * alone[i].Length, alone[i].Length)))
                    {
                        return false;
                    }
                }
            }

            return true;
        },
        iter: 150,
        threads: 1);

    [Fact]
    public void A_program_treats_an_image_as_if_it_were_alone_whatever_tap_size_and_channels() =>
        Gen.Select(Gen.Int[1, 18], Gen.Int[32, 50], Gen.Int[32, 50], Gen.Int[2, 3], Gen.Bool, Seeds).Sample(
            (layer, height, width, batch, before, seed) =>
            {
                Network network = TinyNetworks.WithoutTop;
                Layer tap = network.Topology.Layers[layer];
                NumPyRandom random = new(seed);
                ImmutableArray<ImmutableArray<int>> channels = [.. Enumerable.Range(0, batch).Select(_ => ImmutableArray.Create(random.NextInteger(0, tap.Outputs), random.NextInteger(-1, tap.Outputs)))];
                NetworkCase all = new(network, new ProgramSpec
                {
                    Taps = [new TapSpec(tap) { Channels = channels, Point = before ? TapPoint.BeforeActivation : TapPoint.AfterActivation }],
                    Batch = batch,
                    Height = height,
                    Width = width,
                });
                using ReferenceBackend backend = new();
                using Tensors t = new(backend);
                (double[] taps, double[] gradients) = all.Run(t, Precision.Auto);
                int n = random.NextInteger(0, batch);
                (double[] aloneTap, double[] aloneGradient) = all.Alone(n).Run(t, Precision.Auto, n);
                return aloneTap.AsSpan().SequenceEqual(taps.AsSpan(n * aloneTap.Length, aloneTap.Length))
                    && aloneGradient.AsSpan().SequenceEqual(gradients.AsSpan(n * aloneGradient.Length, aloneGradient.Length));
            },
            iter: 15,
            threads: 1);

    [Fact]
    public void A_slice_of_a_plan_draws_the_same_numbers() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 5], Gen.Int[0, 9], Seeds).SelectMany(p => Gen.Select(Gen.Const(p), Gen.Int[0, p.Item1 - 1])).Sample(
            (p, first) =>
            {
                (int count, int iterations, int jitter, uint seed) = p;
                RenderPlan plan = PlanOf(count, iterations, jitter, seed);
                int length = count - first;
                RenderPlan slice = plan.Slice(first, length) with { Iterations = Math.Max(1, iterations - 1) };
                Schedule whole = Schedule.Draw(plan);
                Schedule part = Schedule.Draw(slice);
                int perImage = plan.Height * plan.Width * 3;
                if (!part.Start.AsSpan().SequenceEqual(whole.Start.AsSpan(first * perImage, length * perImage)))
                {
                    return false;
                }

                for (int step = 0; step < slice.Iterations; step++)
                {
                    if (!part.Tables[0].AsSpan(step * length * 2, length * 2).SequenceEqual(whole.Tables[0].AsSpan(((step * count) + first) * 2, length * 2)))
                    {
                        return false;
                    }
                }

                return slice.Count == length && ((ChannelObjective)slice.Objective).Channels.SequenceEqual(((ChannelObjective)plan.Objective).Channels[first..]);
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_another_picture() => Gen.Select(Gen.Int[1, 3], Seeds).Sample(
        (count, seed) =>
        {
            RenderPlan plan = PlanOf(count, 2, 4, seed);
            using ReferenceBackend backend = new();
            Renderer renderer = new(backend);
            RenderedImage[] once = [.. renderer.Render(TinyNetworks.WithoutTop, plan).Images];
            RenderedImage[] twice = [.. renderer.Render(TinyNetworks.WithoutTop, plan).Images];
            RenderedImage other = renderer.Render(TinyNetworks.WithoutTop, plan.Slice(0, 1) with { Seeds = [seed ^ 1] }).Images[0];
            return once.Zip(twice).All(pair => pair.First.Pixels.AsSpan().SequenceEqual(pair.Second.Pixels)) && !other.Pixels.AsSpan().SequenceEqual(once[0].Pixels);
        },
        iter: 8,
        threads: 1);

    [Fact]
    public void The_best_is_the_first_of_the_lowest_totals() => Gen.OneOf(Gen.Int[-3, 3].Select(i => (double)i), Gen.Const(double.NaN), Gen.Const(double.PositiveInfinity)).Array[1, 12].Sample(
        totals =>
        {
            using ReferenceBackend backend = new();
            using Tensors t = new(backend);
            ITensor step = t.Scalar(0);
            ITensor bestTotal = t.Scalar(double.PositiveInfinity);
            ITensor bestStep = t.Scalar(-1);
            ITensor best = t.Scalar(-100);
            for (int i = 0; i < totals.Length; i++)
            {
                backend.KeepBest(t.Scalar(totals[i]), step, t.Scalar(i), bestTotal, bestStep, best);
                backend.Advance(step);
            }

            double[] finite = [.. totals.Where(double.IsFinite)];
            int expected = finite.Length == 0 ? -1 : Array.IndexOf(totals, finite.Min());
            return t.Get(bestStep)[0] == expected && t.Get(best)[0] == (expected < 0 ? -100 : expected);
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void Probabilities_sum_to_one_and_ignore_a_common_offset() => Gen.Double[-900, 900].Array[1, 9].Sample(
        logits =>
        {
            double[] p = Probabilities.Of(logits);
            double[] moved = Probabilities.Of([.. logits.Select(z => z + 512)]);
            return Math.Abs(p.Sum() - 1) < 1e-12 && p.Zip(moved).All(pair => Math.Abs(pair.First - pair.Second) < 1e-9);
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void Deprocessing_ignores_brightness_and_contrast() => Gen.Select(Gen.Double[0.5, 50], Gen.Double[-1000, 1000], Seeds).Sample(
        (contrast, brightness, seed) =>
        {
            double[] image = Samples.Uniform(new TensorShape(1, 6, 5, 3), -1, 1, seed);
            byte[] one = Deprocess.KerasVis(image);
            byte[] other = Deprocess.KerasVis([.. image.Select(v => (v * contrast) + brightness)]);
            return one.Zip(other).All(pair => Math.Abs(pair.First - pair.Second) <= 1);
        },
        iter: 200,
        threads: 1);

    private static RenderPlan PlanOf(int count, int iterations, int jitter, uint seed) => Presets.KerasVis(
        "block2_conv1",
        [.. Enumerable.Range(0, count).Select(i => ImmutableArray.Create(i % 2))],
        [.. Enumerable.Range(0, count).Select(i => unchecked(seed + (uint)i))],
        32,
        33,
        iterations) with
    { Transforms = [new Jitter(jitter)] };

    private static double[] Shifted(TensorShape shape, double[] image, double[] shifts, ShiftMode mode)
    {
        using ReferenceBackend backend = new();
        using Tensors t = new(backend);
        ITensor target = t.Zeros(shape);
        backend.Shift(t.Put(shape, image), target, t.Put(new TensorShape(1, shape.N, 1, 2), shifts), t.Scalar(0), mode);
        return t.Get(target);
    }
}
