using System.Text;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Two things of one name: each place in a file where a layer's name stands is overwritten by each other layer's name of the same length.</summary>
public class NameCollisionTests
{
    public static TheoryData<string> Bases => ["k1_notop.h5", "k1_vlen.h5", "p_two_deep.h5", "p_two_deep.weights.h5", "p_flat_named_flatten.weights.h5", "p_by_hand.h5", "p_caffe.h5", "s_latest_compact.h5"];

    [Theory]
    [MemberData(nameof(Bases))]
    public void Names_that_collide_are_refused_or_do_no_harm(string name)
    {
        byte[] sound = FixtureFiles.Bytes(name);
        string[] names;
        SortedDictionary<string, string> digests;
        using (KerasWeights weights = KerasWeights.Open(sound, name))
        {
            names = [.. weights.Inspection.Taken.Select(l => l.Name)];
            digests = FixtureFiles.Digests(weights);
        }

        int refused = 0;
        int same = 0;
        foreach (string one in names)
        {
            foreach (int at in Places(sound, one))
            {
                foreach (string other in names.Where(n => n != one && n.Length == one.Length))
                {
                    byte[] bytes = (byte[])sound.Clone();
                    Encoding.ASCII.GetBytes(other).CopyTo(bytes, at);
                    Trial trial = Trial.Run(bytes, name);
                    trial.AssertBounded($"{name}: {other} at {at}");
                    if (trial.Refusal is null)
                    {
                        Assert.Equal(digests, trial.Digests);
                        same++;
                    }
                    else
                    {
                        refused++;
                    }
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {refused + same} collisions, {refused} refused, {same} without effect");
        Assert.True(refused > 100, $"{refused} refused");
    }

    private static IEnumerable<int> Places(byte[] bytes, string name)
    {
        byte[] text = Encoding.ASCII.GetBytes(name);
        for (int at = bytes.AsSpan().IndexOf(text); at >= 0;)
        {
            yield return at;
            int next = bytes.AsSpan(at + 1).IndexOf(text);
            at = next < 0 ? -1 : at + 1 + next;
        }
    }
}
