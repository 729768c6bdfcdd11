using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>The names of a model's classes, in the order of its outputs.</summary>
/// <remarks>
/// A names file is UTF-8 text with one line a class, <c>index TAB name</c> or <c>index TAB wnid TAB name</c>, indices from 0 on
/// without gaps. The second form carries the WordNet id, "n" and eight digits, as <see cref="ImageNetClasses"/> has it.
/// </remarks>
public sealed class ClassNames
{
    private const int MostBytes = 64 << 20;
    private const int MostNameLength = 200;
    private readonly ImmutableArray<string> _names;
    private readonly ImmutableArray<string> _wordNetIds;
    private readonly Dictionary<string, List<int>> _byKey = [];

    private ClassNames(ImmutableArray<string> names, ImmutableArray<string> wordNetIds)
    {
        _names = names;
        _wordNetIds = wordNetIds;
        for (int i = 0; i < names.Length; i++)
        {
            string key = Key(names[i]);
            if (!_byKey.TryGetValue(key, out List<int>? indices))
            {
                _byKey[key] = indices = [];
            }

            indices.Add(i);
        }
    }

    /// <summary>Number of classes.</summary>
    public int Count => _names.Length;

    /// <summary>The name of a class as the file has it, such as <c>water_ouzel</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such class.</exception>
    public string this[int index] => index >= 0 && index < Count
        ? _names[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} classes, 0 to {Count - 1}.");

    /// <summary>The WordNet id of a class, such as <c>n01601694</c>, or null where the file has none.</summary>
    public string? WordNetId(int index) => _wordNetIds.IsEmpty || index < 0 || index >= Count ? null : _wordNetIds[index];

    /// <summary>The names file that belongs to a weights file: <c>NAME.classes.txt</c> beside <c>NAME.h5</c>.</summary>
    public static string PathBeside(string weightsPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(weightsPath);
        string name = Path.GetFileName(weightsPath);
        foreach (string extension in (ReadOnlySpan<string>)[".weights.h5", ".keras", ".hdf5", ".h5"])
        {
            if (name.Length > extension.Length && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            {
                name = name[..^extension.Length];
                break;
            }
        }

        return Path.Combine(Path.GetDirectoryName(weightsPath) ?? "", name + ".classes.txt");
    }

    /// <summary>
    /// The names for a model from a file: those of the names file beside it, else ImageNet's where the model has 1,000 classes, else none.
    /// </summary>
    /// <param name="weightsPath">The weights file.</param>
    /// <param name="classes">The model's number of classes.</param>
    /// <returns>The names, or null.</returns>
    /// <exception cref="WeightsException">There is a names file, but it cannot be read or is for another number of classes.</exception>
    public static ClassNames? For(string weightsPath, int classes)
    {
        string path = PathBeside(weightsPath);
        if (!File.Exists(path))
        {
            return classes == ImageNetClasses.Count ? ImageNetClasses.Names : null;
        }

        ClassNames names = Load(path);
        return names.Count == classes
            ? names
            : throw new WeightsException(path, null, $"has {names.Count} class names, but the model {weightsPath} has {classes} classes; correct or remove the names file.");
    }

    /// <summary>Reads a names file.</summary>
    /// <exception cref="WeightsException">The file is missing, unreadable or not in the format; the message says which line and what was expected.</exception>
    public static ClassNames Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes;
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MostBytes)
            {
                throw new WeightsException(path, null, $"has {stream.Length} bytes; a file of class names has at most {MostBytes}.");
            }

            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException(path, null, $"the class names cannot be read: {e.Message}", e);
        }

        return Parse(bytes, path);
    }

    /// <summary>Reads names from memory.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="source">What to call them in messages.</param>
    /// <exception cref="WeightsException">They are not in the format.</exception>
    public static ClassNames Parse(ReadOnlySpan<byte> utf8, string source)
    {
        string text;
        try
        {
            text = new UTF8Encoding(false, true).GetString(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8);
        }
        catch (ArgumentException e)
        {
            throw new WeightsException(source, null, "is not UTF-8 text; a file of class names has lines 'index TAB name'.", e);
        }

        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<string>.Builder ids = ImmutableArray.CreateBuilder<string>();
        int number = 0;
        int blank = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            if (raw.IsWhiteSpace())
            {
                // Blank lines are welcome at the end only: in between they would hide a lost class.
                blank = blank == 0 ? number : blank;
                continue;
            }

            if (blank != 0)
            {
                throw Wrong(blank, "is blank");
            }

            string[] fields = raw.ToString().Split('\t');
            if (fields.Length is not (2 or 3))
            {
                throw Wrong(number, $"has {fields.Length} fields between tabs");
            }

            if (!int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index != names.Count)
            {
                throw Wrong(number, $"has the index '{Shown(fields[0])}' where {names.Count} comes next");
            }

            string name = fields[^1];
            if (name.Length is 0 or > MostNameLength || name.Trim() != name || name.Any(char.IsControl))
            {
                throw Wrong(number, $"has no usable name ('{Shown(name)}'; 1 to {MostNameLength} characters, no spaces around)");
            }

            if (fields.Length == 3 && !IsWordNetId(fields[1]))
            {
                throw Wrong(number, $"has '{Shown(fields[1])}' for a WordNet id ('n' and eight digits)");
            }

            if (names.Count > 0 && (fields.Length == 3) != (ids.Count > 0))
            {
                throw Wrong(number, "has another number of fields than the lines before");
            }

            names.Add(name);
            if (fields.Length == 3)
            {
                ids.Add(fields[1]);
            }
        }

        return names.Count > 0
            ? new ClassNames(names.DrainToImmutable(), ids.DrainToImmutable())
            : throw new WeightsException(source, null, "holds no class names; expected lines 'index TAB name'.");

        WeightsException Wrong(int line, string what) =>
            new(source, null, $"line {line} {what}; expected 'index TAB name' or 'index TAB wnid TAB name', indices from 0 on without gaps.");

        static string Shown(string value) => value.Length <= 40 ? value : value[..40] + "...";
    }

    /// <summary>Every class that bears a name. Case is ignored; spaces, underscores and hyphens are alike. A WordNet id is a name too.</summary>
    /// <returns>Indices in rising order: several for a name such as <c>crane</c>, which is a bird and a machine; none where the name is unknown.</returns>
    public IReadOnlyList<int> Matches(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_byKey.TryGetValue(Key(name), out List<int>? indices))
        {
            return indices;
        }

        int byId = _wordNetIds.IsEmpty ? -1 : _wordNetIds.IndexOf(name.Trim().ToLowerInvariant());
        return byId < 0 ? [] : [byId];
    }

    /// <summary>The one class meant by a name, a WordNet id or an index.</summary>
    /// <param name="nameOrIndex">Digits are an index, everything else a name as in <see cref="Matches"/>.</param>
    /// <exception cref="ClassNameException">No such class (the message has the nearest names), or several (the message has their indices).</exception>
    public int Find(string nameOrIndex)
    {
        ArgumentNullException.ThrowIfNull(nameOrIndex);
        if (int.TryParse(nameOrIndex.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            return index >= 0 && index < Count
                ? index
                : throw new ClassNameException($"There is no class {index}; this model has {Count}, 0 to {Count - 1}.", nameOrIndex, []);
        }

        IReadOnlyList<int> found = Matches(nameOrIndex);
        if (found.Count == 1)
        {
            return found[0];
        }

        if (found.Count > 1)
        {
            string all = string.Join(" and ", found.Select(Described));
            throw new ClassNameException($"'{nameOrIndex}' names {found.Count} classes: {all}. Give the index.", nameOrIndex, [.. found]);
        }

        IReadOnlyList<int> near = Suggest(nameOrIndex, 5);
        string hint = near.Count == 0 ? $"Give an index from 0 to {Count - 1}." : $"Near to it: {string.Join(", ", near.Select(i => $"{_names[i]} ({i})"))}.";
        throw new ClassNameException($"No class is called '{nameOrIndex}'. {hint}", nameOrIndex, [.. near]);
    }

    /// <summary>The classes whose names are nearest to a misspelt or partial one.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="most">At most this many.</param>
    /// <returns>Indices, the nearest first; those that have nothing in common with the name are left out.</returns>
    public IReadOnlyList<int> Suggest(string name, int most = 5)
    {
        ArgumentNullException.ThrowIfNull(name);
        string key = Key(name);
        return [.. Enumerable.Range(0, Count)
            .Select(i => (Index: i, Distance: NameDistance.Between(key, Key(_names[i]))))
            .Where(x => x.Distance <= NameDistance.Unrelated(key))
            .OrderBy(x => x.Distance)
            .ThenBy(x => x.Index)
            .Take(most)
            .Select(x => x.Index)];
    }

    private string Described(int index) => WordNetId(index) is string id ? $"{index} ({_names[index]}, {id})" : $"{index} ({_names[index]})";

    private static bool IsWordNetId(string text) => text.Length == 9 && text[0] == 'n' && text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>The form in which names are compared: lower case, runs of spaces, underscores and hyphens as one underscore.</summary>
    private static string Key(string name)
    {
        StringBuilder key = new(name.Length);
        foreach (char c in name.Trim())
        {
            bool separator = c is '_' or '-' || char.IsWhiteSpace(c);
            if (!separator)
            {
                key.Append(char.ToLowerInvariant(c));
            }
            else if (key.Length > 0 && key[^1] != '_')
            {
                key.Append('_');
            }
        }

        return key.ToString();
    }
}
