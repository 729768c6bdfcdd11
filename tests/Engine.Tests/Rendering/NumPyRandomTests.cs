using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Numbers printed by NumPy 1.24 after <c>numpy.random.seed(1337)</c>.</summary>
public class NumPyRandomTests
{
    [Fact]
    public void Doubles_are_NumPys()
    {
        NumPyRandom random = new(1337);
        double[] expected = [0.2620246750155817, 0.1586839721544656, 0.27812651949435974, 0.45931688721456665, 0.32100054052016713];
        Assert.All(expected, e => Assert.Equal(e, random.NextDouble()));
    }

    [Fact]
    public void First_outputs_are_those_of_the_published_generator()
    {
        // init_genrand(5489) is the reference implementation's default seed; 4123659995 is its 10,000th output (C++ standard, rand.predef).
        NumPyRandom random = new(5489);
        uint last = 0;
        for (int i = 0; i < 10_000; i++)
        {
            last = random.NextUInt32();
        }

        Assert.Equal(4123659995u, last);
    }

    [Fact]
    public void Start_image_and_jitters_are_those_of_keras_vis()
    {
        RenderPlan plan = Presets.KerasVis("predictions", [[20]], [1337u], 224, 224, 3);
        Schedule schedule = Schedule.Draw(plan);
        double[] first = [116.97302411660081, 112.41795258082314, 117.68276433926383, 125.66930849571888, 119.57257375019316, 128.2732689406552];
        for (int i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i], schedule.Start[i], 1e-9);
        }

        Assert.Equal(126.43212616949066, schedule.Start[^1], 1e-9);
        Assert.Equal(105.42501721517644, schedule.Start.Min(), 1e-9);
        Assert.Equal(149.50152332571713, schedule.Start.Max(), 1e-9);
        Assert.Equal([12, -5, -4, -5, -11, 14], schedule.Tables[0]);
    }

    [Fact]
    public void Integers_cover_the_range_and_nothing_else()
    {
        NumPyRandom random = new(7);
        int[] counts = new int[33];
        for (int i = 0; i < 33_000; i++)
        {
            counts[random.NextInteger(-16, 17) + 16]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 800, 1200));
        Assert.Equal(5, random.NextInteger(5, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInteger(3, 3));
    }

    [Fact]
    public void A_picture_does_not_depend_on_its_neighbours_nor_on_the_number_of_steps()
    {
        RenderPlan plan = Presets.KerasVis("predictions", [[1], [2], [3]], [5u, 6u, 7u], 33, 47, 10);
        Schedule three = Schedule.Draw(plan);
        Schedule one = Schedule.Draw(plan.Slice(1, 1) with { Iterations = 4 });
        Assert.Equal(one.Start, three.Start.AsSpan(33 * 47 * 3, 33 * 47 * 3).ToArray());
        for (int step = 0; step < 4; step++)
        {
            Assert.Equal(one.Tables[0][step * 2], three.Tables[0][((step * 3) + 1) * 2]);
            Assert.Equal(one.Tables[0][(step * 2) + 1], three.Tables[0][(((step * 3) + 1) * 2) + 1]);
        }
    }

    [Fact]
    public void Deprocess_gives_keras_vis_bytes()
    {
        double[] image = [1, 2, 3, 4, 6, 8, 0, -1, 2, 5, 5, 5, 7, 0, 1, 2, 2, 9];
        byte[] expected = [105, 114, 123, 133, 151, 169, 96, 87, 114, 142, 142, 142, 160, 96, 105, 114, 114, 178];
        Assert.Equal(expected, Deprocess.KerasVis(image));
    }
}
