using System.Collections.Immutable;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Attribution;

/// <summary>From a user's files and folders to files.</summary>
internal static class PictureList
{
    /// <summary>The most pictures of one run.</summary>
    public const int Most = 1000;

    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".webp", ".gif"];

    /// <summary>Files as they are named; of a folder its pictures, by name.</summary>
    /// <exception cref="CommandException">A folder has no pictures or cannot be read, or there are too many.</exception>
    public static ImmutableArray<string> Find(IEnumerable<string> paths)
    {
        ImmutableArray<string>.Builder files = ImmutableArray.CreateBuilder<string>();
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                files.Add(path);
                continue;
            }

            string[] inside = PicturesIn(path);
            files.AddRange(inside.Length > 0 ? inside : throw CommandException.File($"The folder '{path}' holds no pictures ({string.Join(", ", Endings)})."));
        }

        return files.Count <= Most
            ? files.ToImmutable()
            : throw CommandException.Usage($"{files.Count} pictures are asked for; at most {Most} are explained in one run.");
    }

    private static string[] PicturesIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Where(f => Endings.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"The folder '{folder}' cannot be read: {exception.Message}", exception);
        }
    }
}
