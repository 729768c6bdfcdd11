namespace VggCuda.Hdf5Loader.Format;

/// <summary>No two data ranges of a sound file overlap, and none overlaps the structure: a wrong address that still points into the file is found so.</summary>
internal static class ExtentCheck
{
    /// <summary>Checks data ranges against each other and against the metadata read.</summary>
    /// <exception cref="Hdf5Exception">Two of them overlap.</exception>
    public static void Verify(List<Extent> data, IReadOnlyList<Extent> structure)
    {
        data.Sort((a, b) => a.Start.CompareTo(b.Start));
        for (int i = 1; i < data.Count; i++)
        {
            if (data[i].Start < data[i - 1].End)
            {
                throw Overlap(data[i - 1], data[i]);
            }
        }

        foreach (Extent block in structure)
        {
            int at = FirstEndingBehind(data, block.Start);
            if (at < data.Count && data[at].Start < block.End)
            {
                throw Overlap(data[at], block);
            }
        }
    }

    private static int FirstEndingBehind(List<Extent> data, long position)
    {
        int low = 0;
        int high = data.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = data[middle].End > position ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private static Hdf5Exception Overlap(Extent a, Extent b) =>
        new($"{a.What} and {b.What} share bytes of the file ({Math.Max(a.Start, b.Start)} to {Math.Min(a.End, b.End)}); the file is damaged.");
}
