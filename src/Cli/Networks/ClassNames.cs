using System.Globalization;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Networks;

/// <summary>What a network's classes are called; empty where nobody has said.</summary>
internal sealed class ClassNames
{
    private readonly string[] _names;

    public ClassNames(IReadOnlyList<string> names) => _names = [.. names];

    public static ClassNames None { get; } = new([]);

    public int Count => _names.Length;

    /// <summary>Reads lines "index TAB name", in order from 0; a third column between them (a WordNet id) is passed over.</summary>
    /// <exception cref="CommandException">A line is not of that form, or out of order.</exception>
    public static ClassNames Parse(string source, TextReader reader)
    {
        List<string> names = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string[] fields = line.Split('\t');
            if (fields.Length < 2 || !int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index != names.Count)
            {
                throw CommandException.File($"{source}: line {names.Count + 1} is no class name; expected '{names.Count}', a tab, and the name.");
            }

            names.Add(fields[^1].Trim());
        }

        return new ClassNames(names);
    }

    /// <summary>The name of a class, or null.</summary>
    public string? Of(int index) => index >= 0 && index < _names.Length ? _names[index] : null;

    /// <summary>"bird (class 20)", or "class 20" where it has no name.</summary>
    public string Describe(int index) => Of(index) is { } name ? $"{name} (class {index})" : $"class {index}";

    /// <summary>Finds classes by index or name, several separated by commas.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="count">How many classes the network has.</param>
    /// <exception cref="CommandException">Unknown or ambiguous; the message lists what is near.</exception>
    public IReadOnlyList<int> Find(string text, int count)
    {
        List<int> found = [];
        foreach (string word in text.Split(',').Select(w => w.Trim()))
        {
            int index = FindOne(word, count);
            if (found.Contains(index))
            {
                throw CommandException.Usage($"--class names {Describe(index)} twice; for several pictures of it use --count.");
            }

            found.Add(index);
        }

        return found;
    }

    private int FindOne(string word, int count)
    {
        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            return index >= 0 && index < count
                ? index
                : throw CommandException.Usage($"There is no class {index}; classes are 0 to {count - 1}.");
        }

        if (_names.Length == 0)
        {
            throw CommandException.Usage($"The classes of these weights have no names; give a number from 0 to {count - 1} instead of '{word}'.");
        }

        string wanted = Key(word);
        int[] same = [.. Indices(name => name == wanted)];
        if (same.Length == 0 && wanted.Length > 0)
        {
            // A part of a name will do where it can only mean one class.
            same = [.. Indices(name => name.Contains(wanted, StringComparison.Ordinal))];
        }

        return same switch
        {
            [int one] => one,
            [] => throw CommandException.Usage($"There is no class '{word}'.{Nearest.Question(word, _names)}\nThe command predict names classes; numbers 0 to {count - 1} work too."),
            _ => throw CommandException.Usage($"'{word}' is ambiguous: {string.Join(", ", same.Take(8).Select(i => $"{_names[i]} ({i})"))}{(same.Length > 8 ? $", and {same.Length - 8} more" : "")}. Give the whole name or the number."),
        };
    }

    private IEnumerable<int> Indices(Func<string, bool> fits) => Enumerable.Range(0, _names.Length).Where(i => fits(Key(_names[i])));

    private static string Key(string name) => name.Trim().Replace(' ', '_').Replace('-', '_').ToLowerInvariant();
}
