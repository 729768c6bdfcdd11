namespace VggCuda.Cli.Sweeps.Format;

/// <summary>Units of a part that are drawn at once, always the same ones: on a GPU the last bits of a picture may depend on how many are drawn beside it.</summary>
/// <param name="Number">From 0, over all parts.</param>
/// <param name="Part">The part's place in the manifest.</param>
/// <param name="First">The first unit's place in the part.</param>
/// <param name="Count">How many.</param>
internal sealed record SweepGroup(int Number, int Part, int First, int Count)
{
    /// <summary>All groups of a sweep, in the manifest's order.</summary>
    public static IEnumerable<SweepGroup> Of(SweepManifest manifest)
    {
        int number = 0;
        for (int part = 0; part < manifest.Parts.Count; part++)
        {
            int units = manifest.Parts[part].Units.Count;
            for (int first = 0; first < units; first += manifest.Batch)
            {
                yield return new SweepGroup(number++, part, first, Math.Min(manifest.Batch, units - first));
            }
        }
    }

    /// <summary>The shard that draws it: groups are dealt out one after the other, so that every shard has its share of every layer.</summary>
    /// <param name="shards">How many there are.</param>
    public int ShardOf(int shards) => Number % shards;
}
