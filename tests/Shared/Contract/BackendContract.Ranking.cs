using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    [Fact]
    public void Classes_are_ranked_by_logit_and_among_equals_by_number_with_what_is_no_number_last()
    {
        using Tensors t = new(Backend);
        const double Inf = double.PositiveInfinity, NaN = double.NaN;
        double[][] logits =
        [
            [1, 3, 3, -2, 3, 1, 0, -0.0],
            [-0.0, 0, -1, NaN, -Inf, NaN, 5, 0],
            [NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [-Inf, -3, -Inf, 1e30, Inf, -1e30, Inf, 1e-30],
            [-Inf, -Inf, -Inf, -Inf, -Inf, -Inf, -Inf, -Inf],
            [-500, -501, -502, -503, -499.5, -504, -505, -506],
        ];
        int[][] expected =
        [
            [1, 2, 4, 0, 5, 6, 7, 3],
            [6, 0, 1, 7, 2, 4, 3, 5],
            [0, 1, 2, 3, 4, 5, 6, 7],
            [0, 1, 2, 3, 4, 5, 6, 7],
            [4, 6, 3, 7, 1, 5, 0, 2],
            [0, 1, 2, 3, 4, 5, 6, 7],
            [4, 0, 1, 2, 3, 5, 6, 7],
        ];
        ITensor all = t.Put(new TensorShape(logits.Length, 1, 1, 8), [.. logits.SelectMany(l => l)]);
        foreach (int top in (int[])[1, 3, 8])
        {
            ImmutableArray<ImmutableArray<Prediction>> ranked = Backend.Rank(all, top);
            Assert.Equal(logits.Length, ranked.Length);
            for (int n = 0; n < logits.Length; n++)
            {
                Assert.Equal(expected[n].Take(top), ranked[n].Select(p => p.Class));
                Assert.All(ranked[n], p => Assert.Equal((float)logits[n][p.Class], (float)p.Logit));
            }

            Assert.All(ranked[1].Concat(ranked[2]).Concat(ranked[4]).Concat(ranked[5]), p => Assert.Equal(NaN, p.Probability));
            Assert.All(ranked[3], p => Assert.Equal(0.125, p.Probability));
            Assert.Equal(Math.Exp(3) / logits[0].Sum(Math.Exp), ranked[0][0].Probability, 1e-6);
        }
    }

    [Fact]
    public void A_thousand_classes_have_the_order_and_the_probabilities_of_their_logits()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(3, 1, 1, 1000);

        // In eighths, so that equal logits are many.
        double[] logits = [.. Samples.Uniform(shape, -6, 9, 31).Select(v => Math.Round(v * 8) / 8)];
        ITensor tensor = t.Put(shape, logits);
        foreach (int top in (int[])[1, 5, 1000])
        {
            ImmutableArray<ImmutableArray<Prediction>> ranked = Backend.Rank(tensor, top);
            for (int n = 0; n < shape.N; n++)
            {
                double[] own = logits.AsSpan(n * shape.C, shape.C).ToArray();
                double sum = own.Sum(Math.Exp);
                Assert.Equal(top, ranked[n].Length);
                Assert.Equal(top, ranked[n].Select(p => p.Class).Distinct().Count());
                Assert.All(ranked[n], p => Assert.Equal(own[p.Class], p.Logit));
                Assert.All(ranked[n], p => Assert.Equal(Math.Exp(p.Logit) / sum, p.Probability, 1e-6 * p.Probability));
                Assert.All(ranked[n].Zip(ranked[n].Skip(1)), pair => Assert.True(pair.First.Logit > pair.Second.Logit || (pair.First.Logit == pair.Second.Logit && pair.First.Class < pair.Second.Class)));
                Assert.Equal(own.Max(), ranked[n][0].Logit);
                Assert.True(own.Count(z => z > ranked[n][^1].Logit) < top);
            }
        }

        SameBits(logits, t.Get(tensor), "the logits");
    }

    [Fact]
    public void A_networks_classes_are_ranked_as_its_logits_say()
    {
        using Tensors t = new(Backend);
        NetworkCase one = NetworkCase.All["predictions, all"];
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec with { Precision = Precision, NeedsGradient = false }));
        program.Forward(t.Put(program.InputShape, one.Images()));
        double[] logits = t.Get(program.Tap);
        ImmutableArray<Prediction> ranked = Backend.Rank(program.Tap, 4)[0];
        Assert.Equal(logits.OrderDescending().Take(4), ranked.Select(p => p.Logit));
        Assert.All(ranked, p => Assert.Equal(logits[p.Class], p.Logit));
    }

    [Fact]
    public void What_cannot_be_ranked_is_refused()
    {
        using Tensors t = new(Backend);
        using Tensors foreign = new(new ReferenceBackend());
        TensorShape shape = new(2, 1, 1, 5);
        ITensor logits = t.Zeros(shape);
        Refuses(() => Backend.Rank(logits, 0));
        Refuses(() => Backend.Rank(logits, 6));
        Refuses(() => Backend.Rank(t.Zeros(new TensorShape(1, 2, 1, 5)), 1));
        Refuses(() => Backend.Rank(t.Zeros(new TensorShape(1, 1, 1, 1 << 21)), 1));
        Refuses(() => Backend.Rank(foreign.Zeros(shape), 1));
        Refuses(() => Backend.Rank(null!, 1));
        logits.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Backend.Rank(logits, 1));
        foreign.Dispose();
        foreign.Backend.Dispose();
    }
}
