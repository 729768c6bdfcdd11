using System.Text;
using System.Text.RegularExpressions;

namespace VggCuda.Tests.Shared;

/// <summary>Which folder of a project uses which, told from its sources; a folder is named by its namespace, so folders that share one are one here.</summary>
/// <remarks>
/// A file uses a folder when it names one of its types, and sees it by a <c>using</c>, by lying below it, or by the qualified
/// name; documentation does not count. A <c>using</c> of none of whose types the file speaks is for an extension method, and counts.
/// </remarks>
internal sealed partial class FolderArrows
{
    /// <summary>The name of the project's own folder.</summary>
    public const string Top = "(top)";

    private readonly string _project;
    private readonly string _namespace;
    private readonly SourceFile[] _files;
    private readonly Dictionary<string, string[]> _types;
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _arrows = new(StringComparer.Ordinal);

    /// <summary>Reads a project.</summary>
    /// <param name="project">Its folder: <c>src/Engine</c>.</param>
    /// <param name="rootNamespace">The namespace of its own folder: <c>VggCuda.Engine</c>.</param>
    public FolderArrows(string project, string rootNamespace)
    {
        _project = project;
        _namespace = rootNamespace;
        _files = [.. SourceTree.CodeFiles(project).Select(path => SourceFile.Read(project, path, rootNamespace))];
        _types = _files.GroupBy(f => f.Folder, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.SelectMany(f => f.Types).Distinct().ToArray(), StringComparer.Ordinal);
        foreach (SourceFile file in _files)
        {
            SortedDictionary<string, string> uses = _arrows.TryGetValue(file.Folder, out SortedDictionary<string, string>? known) ? known : _arrows[file.Folder] = new(StringComparer.Ordinal);
            foreach (string folder in _types.Keys.Where(folder => folder != file.Folder))
            {
                if (Use(file, folder) is { } name)
                {
                    uses.TryAdd(folder, $"{project}/{file.Path} ({name})");
                }
            }
        }
    }

    /// <summary>Fails where a folder uses what it may not, where the table is not the project's or could hold a cycle, and where a namespace is not its folder's.</summary>
    /// <param name="allowed">For each folder, lowest first, the folders that it may use: all named above it.</param>
    /// <param name="shared">Folders whose subfolders have no namespace of their own.</param>
    public void RequireAllowed((string Folder, string[] Uses)[] allowed, params string[] shared)
    {
        List<string> faults = [];
        HashSet<string> above = new(StringComparer.Ordinal);
        foreach ((string folder, string[] uses) in allowed)
        {
            faults.AddRange(uses.Where(u => !above.Contains(u)).Select(u => $"The table lets '{folder}' use '{u}', which does not stand above it: that may be a cycle."));
            above.Add(folder);
        }

        Dictionary<string, string[]> table = allowed.ToDictionary(a => a.Folder, a => a.Uses, StringComparer.Ordinal);
        faults.AddRange(_arrows.Keys.Where(f => !table.ContainsKey(f)).Select(f => $"The folder '{f}' is not in the table."));
        faults.AddRange(table.Keys.Where(f => !_arrows.ContainsKey(f)).Select(f => $"The table has the folder '{f}', which {_project} has not."));
        foreach ((string folder, SortedDictionary<string, string> uses) in _arrows)
        {
            faults.AddRange(uses.Where(u => table.TryGetValue(folder, out string[]? may) && !may.Contains(u.Key)).Select(u => $"'{folder}' uses '{u.Key}', which it may not: {u.Value}."));
        }

        foreach (SourceFile file in _files)
        {
            string lies = Path.GetDirectoryName(file.Path)!.Replace('\\', '/');
            string expected = shared.FirstOrDefault(s => lies.StartsWith(s + "/", StringComparison.Ordinal)) ?? (lies.Length == 0 ? Top : lies);
            if (file.Folder != expected)
            {
                faults.Add($"{_project}/{file.Path} declares the namespace of '{file.Folder}'; its folder's is '{expected}'.");
            }
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    /// <summary>Fails where the table between this project's markers in docs/architecture.md is another, and says what to paste there.</summary>
    public void RequireDocumented((string Folder, string[] Uses)[] allowed)
    {
        const string document = "docs/architecture.md";
        string begin = $"<!-- arrows of {_project}: a test compares this table with the sources -->\n";
        const string end = "<!-- end of arrows -->";
        string text = SourceTree.Text(document);
        int first = text.IndexOf(begin, StringComparison.Ordinal);
        int last = first < 0 ? -1 : text.IndexOf(end, first, StringComparison.Ordinal);
        string wanted = ToMarkdown(allowed);
        bool same = last >= 0 && text[(first + begin.Length)..last].Trim() == wanted.Trim();
        Assert.True(same, $"{document} does not show the arrows of {_project} as they are. Paste:\n\n{begin}\n{wanted}\n{end}\n");
    }

    private string ToMarkdown((string Folder, string[] Uses)[] allowed)
    {
        StringBuilder text = new($"| folder of `{_project}` | uses |\n|---|---|\n");
        foreach ((string folder, _) in allowed.Where(a => _arrows.ContainsKey(a.Folder)))
        {
            string[] uses = [.. allowed.Select(a => a.Folder).Where(_arrows[folder].ContainsKey)];
            text.Append($"| {Name(folder)} | {(uses.Length == 0 ? "nothing" : string.Join(", ", uses.Select(Name)))} |\n");
        }

        return text.ToString();
    }

    private static string Name(string folder) => folder == Top ? folder : $"`{folder}`";

    private string? Use(SourceFile file, string folder)
    {
        string full = folder == Top ? _namespace : $"{_namespace}.{folder.Replace('/', '.')}";
        string[] types = _types[folder];
        string last = full[(full.LastIndexOf('.') + 1)..];
        if (types.FirstOrDefault(t => Regex.IsMatch(file.Code, $@"\b{last}\.{t}\b")) is { } qualified)
        {
            return $"{last}.{qualified}";
        }

        bool imported = file.Usings.Contains(full);
        if (!imported && !$"{file.Namespace}.".StartsWith($"{full}.", StringComparison.Ordinal))
        {
            return null;
        }

        string? named = types.FirstOrDefault(t => Regex.IsMatch(file.Code, $@"(?<![\w.]){t}\b"));
        return named ?? (imported && !types.Any(t => Regex.IsMatch(file.Text, $@"\b{t}\b")) ? $"using {full}" : null);
    }

    /// <summary>A file as far as arrows go.</summary>
    private sealed record SourceFile(string Path, string Namespace, string Folder, string[] Usings, string[] Types, string Code, string Text)
    {
        public static SourceFile Read(string project, string path, string rootNamespace)
        {
            string text = SourceTree.Text($"{project}/{path}");
            string code = SourceTree.WithoutComments(text);
            // A program of top-level statements has no namespace: it belongs to the project's own folder.
            string own = NamespaceLine().Match(code) is { Success: true } match ? match.Groups[1].Value : rootNamespace;
            string folder = own == rootNamespace ? Top
                : own.StartsWith(rootNamespace + ".", StringComparison.Ordinal) ? own[(rootNamespace.Length + 1)..].Replace('.', '/')
                : own;
            return new SourceFile(
                path,
                own,
                folder,
                [.. UsingLine().Matches(code).Select(m => m.Groups[1].Value)],
                [.. Declaration().Matches(code).Select(m => m.Groups[1].Value)],
                UsingLine().Replace(NamespaceLine().Replace(code, ""), ""),
                text);
        }
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    // At the margin only: nested types belong to their own.
    [GeneratedRegex(@"^(?:[a-z]+ )*?(?:class|record struct|record|struct|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
