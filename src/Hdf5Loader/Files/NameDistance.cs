namespace VggCuda.Hdf5Loader.Files;

/// <summary>How far two class names are apart, for suggestions.</summary>
internal static class NameDistance
{
    /// <summary>
    /// The edit distance; a name that holds the asked one as a whole word, or begins with it, counts as near whatever its length.
    /// </summary>
    public static double Between(string asked, string name)
    {
        int edits = Levenshtein(asked, name);
        if (asked.Length >= 3)
        {
            if ($"_{name}_".Contains($"_{asked}_", StringComparison.Ordinal))
            {
                return Math.Min(edits, 1);
            }

            if (name.Contains(asked, StringComparison.Ordinal))
            {
                return Math.Min(edits, 1.5);
            }
        }

        return edits;
    }

    /// <summary>The distance beyond which a name is no suggestion: a third of the letters, and one more.</summary>
    public static double Unrelated(string asked) => 1 + (asked.Length / 3.0);

    // Levenshtein 1966; the usual two-row form of Wagner and Fischer 1974.
    private static int Levenshtein(string a, string b)
    {
        int[] above = [.. Enumerable.Range(0, b.Length + 1)];
        int[] row = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(above[j], row[j - 1]) + 1);
            }

            (above, row) = (row, above);
        }

        return above[b.Length];
    }
}
