using System.Globalization;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

public class RandomDamageTests
{
    // 4,000 in the suite; VGGCUDA_DAMAGES=20000 for a long run (docs/weight-files.md).
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("VGGCUDA_DAMAGES"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 4000;

    public static TheoryData<string> Bases => [.. RandomDamage.Bases];

    /// <summary>Nothing in the format guards a configuration's text: what it then says may take the dense layers away, with a reason, but changes no value.</summary>
    [Fact]
    public void A_damaged_configuration_takes_dense_layers_away_at_most()
    {
        const string Name = "p_by_hand_config.h5";
        Anatomy anatomy = Anatomy.Of(Name);
        int at = anatomy.Bytes.AsSpan().IndexOf("{\"class_name\""u8);
        int length = anatomy.Bytes.AsSpan(at, anatomy.Bytes.AsSpan(at).IndexOf((byte)0)).LastIndexOf((byte)'}') + 1;
        Random random = new(42);
        int refused = 0;
        int same = 0;
        int fewer = 0;
        for (int i = 0; i < Count / RandomDamage.Bases.Length; i++)
        {
            byte[] bytes = (byte[])anatomy.Bytes.Clone();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bytes[at + random.Next(length)] = (byte)random.Next(32, 127);
            }

            Trial trial = Trial.Run(bytes, Name);
            trial.AssertBounded($"configuration {i}");
            if (trial.Refusal is not null)
            {
                refused++;
            }
            else if (trial.Digests!.SequenceEqual(anatomy.Digests))
            {
                same++;
            }
            else
            {
                Assert.Equal(anatomy.Digests.Where(d => d.Key.StartsWith("block", StringComparison.Ordinal)), trial.Digests!);
                using KerasWeights weights = KerasWeights.Open(bytes, Name);
                Assert.NotNull(weights.Inspection.HeadRefusal);
                fewer++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{refused + same + fewer} damaged configurations, {refused} refused, {same} without effect, {fewer} without dense layers");
    }

    [Theory]
    [MemberData(nameof(Bases))]
    public void Random_damage_is_refused_or_does_no_harm(string name)
    {
        Anatomy anatomy = Anatomy.Of(name);
        int each = (Count + RandomDamage.Bases.Length - 1) / RandomDamage.Bases.Length;
        int first = 1_000_000 * (1 + Array.IndexOf(RandomDamage.Bases, name));
        int refused = 0;
        int same = 0;
        int data = 0;
        int fewer = 0;
        long allocated = 0;
        long reads = 0;
        double slowest = 0;
        List<int> missed = [];
        for (int seed = first; seed < first + each; seed++)
        {
            byte[] bytes = RandomDamage.Make(anatomy, seed);
            Trial trial;
            try
            {
                trial = Trial.Run(bytes, name);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{name}, seed {seed}: {failure.GetType().Name} escaped.", failure);
            }

            trial.AssertBounded($"{name}, seed {seed}");
            (allocated, reads, slowest) = (Math.Max(allocated, trial.Allocated), Math.Max(reads, trial.Reads), Math.Max(slowest, trial.Milliseconds));
            if (trial.Refusal is not null)
            {
                refused++;
            }
            else if (trial.Digests!.SequenceEqual(anatomy.Digests))
            {
                same++;
            }
            else if (Trial.Run(RandomDamage.DamageOfDataAlone(anatomy, bytes), name).Digests is { } byData && trial.Digests!.SequenceEqual(byData))
            {
                data++;
            }
            else if (trial.Digests!.SequenceEqual(anatomy.Digests.Where(d => d.Key.StartsWith("block", StringComparison.Ordinal))) && SaysWhyNoHead(bytes, name))
            {
                // A dense layer that can no longer be told for one takes the others away, and the message says which and why.
                fewer++;
            }
            else
            {
                missed.Add(seed);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{name}: {each} damages, {refused} refused, {same} without effect, {data} in unchecked values, {fewer} without dense layers, {missed.Count} missed ({string.Join(", ", missed.Take(20))}); most allocated {allocated}, most reads {reads}, slowest {slowest:F0} ms");
        Assert.Empty(missed);
    }

    private static bool SaysWhyNoHead(byte[] bytes, string name)
    {
        using KerasWeights weights = KerasWeights.Open(bytes, name);
        return weights.Inspection.HeadRefusal is not null;
    }
}
