using System.CommandLine.Parsing;
using VggCuda.Imaging;

namespace VggCuda.Cli.Hosting;

/// <summary><c>@FILE</c> among the arguments: the arguments in that file, one or more a line, in quotes where they have spaces; lines that begin with # are remarks.</summary>
internal sealed class ResponseFiles
{
    private const long MostBytes = 1 << 20;
    private const int MostArguments = 100_000;
    private const int MostDepth = 16;
    private readonly List<string> _arguments = [];
    private readonly List<string> _files = [];
    private readonly Stack<string> _open = new();

    private ResponseFiles()
    {
    }

    /// <summary>The arguments with what is in the files in their places.</summary>
    public IReadOnlyList<string> Arguments => _arguments;

    /// <summary>The files, so that no output replaces one.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>Reads every file that is named, files named in files too.</summary>
    /// <exception cref="CommandException">A file is missing, not readable or too long, names itself, or one in it does.</exception>
    public static ResponseFiles Expand(IReadOnlyList<string> arguments)
    {
        ResponseFiles found = new();
        foreach (string argument in arguments)
        {
            found.Add(argument);
        }

        return found;
    }

    private void Add(string argument)
    {
        if (argument.Length > 1 && argument[0] == '@')
        {
            AddFile(argument[1..]);
            return;
        }

        if (_arguments.Count == MostArguments)
        {
            throw CommandException.Usage($"There are more than {MostArguments} arguments, those in files counted; that many are not taken.");
        }

        _arguments.Add(argument);
    }

    private void AddFile(string path)
    {
        string real = Path.GetFullPath(path);
        if (_open.Contains(real))
        {
            throw CommandException.File($"The response file '{path}' names itself{(_open.Peek() == real ? "" : $", by way of '{_open.Peek()}'")}.");
        }

        if (_open.Count == MostDepth)
        {
            throw CommandException.File($"The response file '{path}' is named in a file that is named in a file, {MostDepth} deep; no more are followed.");
        }

        _files.Add(path);
        _open.Push(real);
        foreach (string line in Read(path).Split(['\n', '\r'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#')
            {
                foreach (string argument in CommandLineParser.SplitCommandLine(line))
                {
                    Add(argument);
                }
            }
        }

        _open.Pop();
    }

    private string Read(string path)
    {
        string by = _open.Count > 1 ? $", named in '{_open.ElementAt(1)}'," : "";
        if (Directory.Exists(path))
        {
            throw CommandException.File($"The response file '{path}'{by} is a folder.");
        }

        if (!File.Exists(path))
        {
            throw CommandException.File($"The response file '{path}'{by} does not exist.");
        }

        byte[] bytes;
        try
        {
            bytes = FileContent.Read(path, MostBytes);
        }
        catch (PictureException exception)
        {
            throw CommandException.File($"The response file '{path}'{by} cannot be used: {exception.Cause}", exception);
        }

        return bytes.Contains((byte)0)
            ? throw CommandException.File($"The response file '{path}'{by} holds bytes that are no text; it lists arguments, one or more a line.")
            : System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
    }
}
