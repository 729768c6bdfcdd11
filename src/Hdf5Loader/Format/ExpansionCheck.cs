namespace VggCuda.Hdf5Loader.Format;

/// <summary>Work per byte of a file is bounded: what is compressed a hundredfold is no trained network's, but made to keep its reader busy.</summary>
internal static class ExpansionCheck
{
    // Float32 weights compress to nine tenths, with nine of ten pruned away to a sixth. Small tensors (biases that are all zero) may be anything.
    private const long MostPerByte = 100;
    private const long Free = 64 << 20;

    /// <summary>Compares what filtered tensors become, all together, with the bytes that they are stored in.</summary>
    /// <exception cref="Hdf5Exception">They become more than a hundred times as many.</exception>
    public static void Verify(IEnumerable<Hdf5Dataset> datasets)
    {
        long stored = 0;
        long decoded = 0;
        foreach (Hdf5Dataset dataset in datasets.Where(d => d.Chunks is { Filters.Filters.Length: > 0 }))
        {
            stored += dataset.StoredBytes;
            decoded += (long)dataset.Chunks!.Count * dataset.Chunks.ChunkBytes;
            if (decoded > Free && (decoded - Free) / MostPerByte > stored)
            {
                throw new Hdf5Exception($"'{dataset.Path}' and what is read before it are {decoded} bytes compressed to {stored}, more than {MostPerByte} to one; no trained network is. If it is one, rewrite the file with 'h5repack -f NONE -l CONTI IN OUT'.");
            }
        }
    }
}
