using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Every kind of block in every kind of file: emptied, filled, its first byte changed, and the file cut in the middle of it.</summary>
internal static class EveryStructure
{
    private static readonly string[] Bases = ["k1_notop.h5", "k1_vlen.h5", "s_all_filters.h5", "s_dense.h5", "s_latest_fixed_gzip.h5", "s_latest_extensible_gzip.h5", "s_latest_tree2_gzip.h5"];

    public static IEnumerable<HostileFile> Files => Bases.SelectMany(Of);

    private static IEnumerable<HostileFile> Of(string file)
    {
        HashSet<string> seen = [];
        foreach (Extent block in Anatomy.Of(file).Structure)
        {
            string kind = block.What.Split(" of '")[0].Replace(' ', '_');
            if (block.Length < 8 || !seen.Add(kind))
            {
                continue;
            }

            string name = $"{file}:{kind}";
            yield return new HostileFile($"{name}:zeros", file, d => d.Fill(block, 0));
            yield return new HostileFile($"{name}:ones", file, d => d.Fill(block, 255));
            yield return new HostileFile($"{name}:first_bit", file, d => d.U8(block.Start, d.Bytes[block.Start] ^ 1));
            yield return new HostileFile($"{name}:cut", file, d => d.Cut(block.Start + (block.Length / 2)));
        }
    }
}
