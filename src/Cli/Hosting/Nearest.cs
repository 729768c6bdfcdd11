namespace VggCuda.Cli.Hosting;

/// <summary>Names near a mistyped one.</summary>
internal static class Nearest
{
    /// <summary>The names nearest to a word, best first: those that contain it or that few changes away from it lead to.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="names">What could have been meant.</param>
    /// <param name="most">At most this many.</param>
    /// <param name="always">Name the nearest even where it is far.</param>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names, int most = 3, bool always = false)
    {
        string wanted = word.ToLowerInvariant();
        (string Name, double Distance)[] ordered = [.. names
            .Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Score(wanted, name.ToLowerInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => Math.Abs(candidate.Name.Length - word.Length))];
        double limit = ordered.Length == 0 ? 0 : Math.Min(ordered[0].Distance + 1, Math.Max(2, wanted.Length / 3.0));
        return [.. ordered.Where((candidate, place) => candidate.Distance <= limit || (always && place == 0)).Take(most).Select(candidate => candidate.Name)];
    }

    /// <summary>" Did you mean 'a' or 'b'?", or nothing.</summary>
    /// <inheritdoc cref="To"/>
    public static string Question(string word, IEnumerable<string> names, int most = 3, bool always = false)
    {
        IReadOnlyList<string> near = To(word, names, most, always);
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
    }

    private static double Score(string wanted, string name)
    {
        int distance = Distance(wanted, name);
        bool contains = wanted.Length >= 2 && name.Contains(wanted, StringComparison.Ordinal);
        return contains ? Math.Min(distance, 1) : distance;
    }

    // Levenshtein (1966) with swaps of neighbours counting one (Damerau, 1964; the restricted form).
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            d[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            d[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
