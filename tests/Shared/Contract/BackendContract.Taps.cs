using VggCuda.Engine.Backends;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    public static TheoryData<string> TapsNames => [.. TapsCase.All.Keys];

    [Theory]
    [MemberData(nameof(TapsNames))]
    public void Several_taps_give_what_the_reference_gives(string name)
    {
        using Tensors mine = new(Backend);
        using Tensors theirs = new(Reference);
        List<(string What, double[] Values, bool IsGradient)> actual = TapsCase.All[name].Run(mine, Precision);
        List<(string What, double[] Values, bool IsGradient)> expected = TapsCase.All[name].Run(theirs, Precision);
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Contains(expected[i].Values, v => v != 0);
            if (expected[i].IsGradient)
            {
                CloseInNorm(expected[i].Values, actual[i].Values, GradientTolerance, $"{name}, {expected[i].What}");
            }
            else
            {
                Close(expected[i].Values, actual[i].Values, TapTolerance, $"{name}, {expected[i].What}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(TapsNames))]
    public void Several_taps_treat_each_image_as_if_it_were_alone(string name)
    {
        TapsCase all = TapsCase.All[name];
        using Tensors t = new(Backend);
        List<(string What, double[] Values, bool IsGradient)> batch = all.Run(t, Precision);
        for (int n = 0; n < all.Program.Spec.Batch; n++)
        {
            List<(string What, double[] Values, bool IsGradient)> single = all.Alone(n).Run(t, Precision, n);
            for (int i = 0; i < single.Count; i++)
            {
                SameBits(single[i].Values, batch[i].Values.AsSpan(n * single[i].Values.Length, single[i].Values.Length).ToArray(), $"{name}, image {n}, {single[i].What}");
            }
        }
    }

    [Fact]
    public void Taps_can_be_recorded_and_replayed()
    {
        TapsCase one = TapsCase.All["before and after, inside"];
        using Tensors t = new(Backend);
        List<(string What, double[] Values, bool IsGradient)> expected = one.Run(t, Precision);
        INetworkProgram program = t.Own(Backend.Compile(one.Program.Network, one.Program.Spec with { Precision = Precision }));
        ITensor image = t.Zeros(program.InputShape);
        ITensor gradient = t.Zeros(program.InputShape);
        ITensor?[] given = [.. Enumerable.Range(0, 3).Select(i => t.Put(program.Taps[i].Shape, one.Program.TapGradients(0, i)))];
        using IReplay replay = Backend.Record(() =>
        {
            program.Forward(image);
            program.Backward(given, gradient);
        });
        Backend.Upload(image, one.Program.Images());
        replay.Run(2);
        replay.Wait();
        SameBits(expected[0].Values, t.Get(program.Taps[0]), "tap 0");
        SameBits(expected[3].Values, t.Get(program.TapGradient(1)), "gradient at tap 1");
        SameBits(expected[^1].Values, t.Get(gradient), "gradient at the image");
    }

    [Fact]
    public void A_tap_above_all_that_is_given_gets_no_gradient()
    {
        TapsCase one = TapsCase.All["high layers without a gradient"];
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(one.Program.Network, one.Program.Spec with { Precision = Precision }));
        ITensor gradient = t.Zeros(program.InputShape);
        program.Forward(t.Put(program.InputShape, one.Program.Images()));
        program.Backward([null, t.Put(program.Taps[1].Shape, one.Program.TapGradients(0, 1)), null], gradient);
        Assert.Contains(t.Get(gradient), g => g != 0);
        Assert.All(t.Get(program.TapGradient(2)), g => Assert.Equal(0, g));
    }

    [Fact]
    public void A_backward_pass_refuses_what_the_taps_do_not_fit()
    {
        TapsCase one = TapsCase.All["under a pooling"];
        using Tensors t = new(Backend);
        INetworkProgram program = t.Own(Backend.Compile(one.Program.Network, one.Program.Spec with { Precision = Precision }));
        ITensor gradient = t.Zeros(program.InputShape);
        ITensor[] given = [.. program.Taps.Select(tap => t.Zeros(tap.Shape))];
        program.Forward(t.Put(program.InputShape, one.Program.Images()));
        Refuses(() => program.Backward(given.AsSpan(0, 3), gradient));
        Refuses(() => program.Backward([null, null, null, null], gradient));
        Refuses(() => program.Backward([given[1], null, null, null], gradient));
        Refuses(() => program.Backward(given[0], gradient));
        INetworkProgram unwanted = t.Own(Backend.Compile(one.Program.Network, one.Program.Spec with { Precision = Precision, Taps = [.. one.Program.Spec.Taps.Select(tap => tap with { WantsGradient = false })] }));
        unwanted.Forward(t.Put(program.InputShape, one.Program.Images()));
        Refuses(() => unwanted.Backward(given, null));
        Assert.Throws<InvalidOperationException>(() => unwanted.TapGradient(0));
        Assert.Throws<PlanException>(() => Backend.Compile(one.Program.Network, one.Program.Spec with { Taps = [] }));
    }

    [Fact]
    public void A_rescue_wakes_a_dead_image_in_the_first_steps_alone()
    {
        using Tensors t = new(Backend);
        double[] first = t.Get(Run(0)), last = t.Get(Run(1)), later = t.Get(Run(2));
        int half = first.Length / 2;
        Assert.Contains(first[..half], g => g != 0);
        SameBits(first, last, "the first and the last step of the rescue");
        Assert.All(later[..half], g => Assert.Equal(0, g));
        SameBits(first[half..], later[half..], "the image that is not dead");
        Refuses(() => Run(null));
        Assert.Throws<PlanException>(() => Backend.Compile(TapsCase.All["rescued"].Program.Network, TapsCase.All["rescued"].Program.Spec with { Precision = Precision, Relu = ReluRule.Guided }));

        ITensor Run(int? step)
        {
            TapsCase one = TapsCase.All["rescued"];
            INetworkProgram program = t.Own(Backend.Compile(one.Program.Network, one.Program.Spec with { Precision = Precision }));
            ITensor gradient = t.Zeros(program.InputShape);
            program.Forward(t.Put(program.InputShape, one.Program.Images()));
            program.Backward([t.Put(program.Taps[0].Shape, one.Program.TapGradients()), null], gradient, step is int done ? t.Scalar(done) : null);
            return gradient;
        }
    }

    [Fact]
    public void A_forecast_counts_the_taps()
    {
        NetworkCase one = TapsCase.All["under a pooling"].Program;
        ProgramSpec spec = one.Spec with { Precision = Precision };
        Assert.True(Backend.Forecast(one.Network, spec).Activations > Backend.Forecast(one.Network, spec with { Taps = [spec.Taps[^1] with { WantsGradient = false }] }).Activations);
    }
}
