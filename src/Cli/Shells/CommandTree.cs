using System.CommandLine;

namespace VggCuda.Cli.Shells;

/// <summary>Which names of the file system a value may be.</summary>
internal enum PathKind
{
    /// <summary>It is no path.</summary>
    None,

    /// <summary>A file, or a folder on the way to it.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,
}

/// <summary>The tree of commands, as the completions and the manual page go through it.</summary>
internal static class CommandTree
{
    /// <summary>The commands below one that a user is meant to see.</summary>
    public static IEnumerable<Command> Shown(Command command) => command.Subcommands.Where(c => !c.Hidden);

    /// <summary>The commands above one, nearest first.</summary>
    public static IEnumerable<Command> Above(Command command)
    {
        for (Command? at = command.Parents.OfType<Command>().FirstOrDefault(); at is not null; at = at.Parents.OfType<Command>().FirstOrDefault())
        {
            yield return at;
        }
    }

    /// <summary>Whether an option's value is a path, which the word for it in the help says: FILE, with or without what it ends in, or DIR.</summary>
    public static PathKind PathsOf(Option option) => KindOf(option.HelpName ?? "");

    /// <summary>Whether an argument is a path, which its name says: FILE, IN, OUT or IMAGE.</summary>
    public static PathKind PathsOf(Argument argument) => KindOf(argument.HelpName ?? argument.Name);

    private static PathKind KindOf(string name)
    {
        string[] words = [.. name.Split('|').Select(w => w.Split('.')[0])];
        return words.Any(w => w is "FILE" or "IN" or "OUT" or "IMAGE") ? PathKind.File : words.Contains("DIR") ? PathKind.Folder : PathKind.None;
    }
}
