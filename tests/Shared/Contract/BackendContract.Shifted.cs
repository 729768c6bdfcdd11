using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    public static TheoryData<string, ShiftMode> ShiftedNetworks
    {
        get
        {
            TheoryData<string, ShiftMode> all = [];
            foreach (string name in ShiftedCase.Networks)
            {
                all.Add(name, ShiftMode.ScipyWrap);
                all.Add(name, ShiftMode.Roll);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(ShiftedNetworks))]
    public void A_shift_on_the_way_into_the_network_gives_the_bits_of_a_shift_and_a_pass(string name, ShiftMode mode)
    {
        using Tensors t = new(Backend);
        NetworkCase one = NetworkCase.All[name];
        List<double[]> two = ShiftedCase.Run(t, one, Precision, mode, fused: false);
        List<double[]> fused = ShiftedCase.Run(t, one, Precision, mode, fused: true);
        Assert.Equal(two.Count, fused.Count);
        for (int i = 0; i < two.Count; i++)
        {
            SameBits(two[i], fused[i], $"{name}, {mode}, result {i}");
        }

        SameBits(one.Images(), fused[^1], "the image");
        Assert.NotEqual(fused[0], fused[3]);
    }

    [Fact]
    public void A_recorded_shift_into_the_network_reads_the_table_at_every_step()
    {
        using Tensors t = new(Backend);
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec with { Precision = Precision }));
        TensorShape shape = program.InputShape;
        ITensor image = t.Put(shape, one.Images());
        ITensor shifted = t.Zeros(shape);
        ITensor table = t.Put(new TensorShape(4, shape.N, 1, 2), Samples.Shifts(4, shape, 79));
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        List<double[]> taps = [];
        for (int i = 0; i < 4; i++)
        {
            Backend.Fill(step, i);
            ShiftedPass.Forward(Backend, program, image, shifted, table, step, ShiftMode.ScipyWrap);
            taps.Add(t.Get(program.Tap));
        }

        using IReplay replay = Backend.Record(() =>
        {
            ShiftedPass.Forward(Backend, program, image, shifted, table, step, ShiftMode.ScipyWrap);
            Backend.Advance(step);
        });
        Backend.Fill(step, 0);
        foreach (double[] tap in taps)
        {
            replay.Run(1);
            SameBits(tap, t.Get(program.Tap), "the tap of a replayed step");
        }
    }

    [Fact]
    public void A_shift_into_the_network_refuses_what_its_two_halves_refuse()
    {
        using Tensors t = new(Backend);
        using Tensors foreign = new(new ReferenceBackend());
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec));
        TensorShape shape = program.InputShape;
        TensorShape tableShape = new(4, shape.N, 1, 2);
        ITensor image = t.Zeros(shape), shifted = t.Zeros(shape), table = t.Zeros(tableShape), step = t.Zeros(TensorShape.PerImage(1));
        ITensor small = t.Zeros(new TensorShape(shape.N, 5, 7, 3)), smallTarget = t.Zeros(small.Shape);
        Refuses(() => ShiftedPass.Forward(Backend, program, image, image, table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, small, smallTarget, table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, image, small, table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, image, shifted, image, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, image, shifted, table, table, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, foreign.Zeros(shape), shifted, table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, image, foreign.Zeros(shape), table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, program, image, shifted, foreign.Zeros(tableShape), step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, foreign.Own(foreign.Backend.Compile(one.Network, one.Spec)), image, shifted, table, step, ShiftMode.Roll));
        Refuses(() => ShiftedPass.Forward(Backend, null!, image, shifted, table, step, ShiftMode.Roll));
        Assert.Throws<InvalidOperationException>(() => program.Backward(t.Zeros(program.Tap.Shape), t.Zeros(shape)));
        program.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ShiftedPass.Forward(Backend, program, image, shifted, table, step, ShiftMode.Roll));
        foreign.Dispose();
        foreign.Backend.Dispose();
    }
}
