using System.Reflection;

namespace VggCuda.Cli.Sweeps;

/// <summary>How this program is started again.</summary>
internal static class ProgramPath
{
    /// <summary>The file to start, and what comes before the arguments: the program itself, or <c>dotnet</c> and the program's library.</summary>
    public static (string Program, string[] First) Command
    {
        get
        {
            string running = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not say which program this is.");
            string name = Assembly.GetExecutingAssembly().GetName().Name!;
            if (Path.GetFileNameWithoutExtension(running) == name)
            {
                return (running, []);
            }

            // Within another program, such as a test's: the program beside it.
            string beside = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);
            return File.Exists(beside) ? (beside, []) : (running, [Path.Combine(AppContext.BaseDirectory, name + ".dll")]);
        }
    }
}
