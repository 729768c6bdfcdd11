using System.Reflection;
using System.Runtime.CompilerServices;

namespace VggCuda.Cli.Sweeps;

/// <summary>How this program is started again.</summary>
internal static class ProgramPath
{
    /// <summary>Where the start of the one file says what file it is (eng/start/start.c).</summary>
    private const string OneFile = "VGGCUDA_PROGRAM";

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

            // The one file runs its program from memory, where the system knows no path of it; it says its own.
            if (!RuntimeFeature.IsDynamicCodeCompiled && Environment.GetEnvironmentVariable(OneFile) is { Length: > 0 } one)
            {
                return (one, []);
            }

            // Within another program, such as a test's: the program beside it.
            string beside = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? name + ".exe" : name);
            return File.Exists(beside) ? (beside, []) : (running, [Path.Combine(AppContext.BaseDirectory, name + ".dll")]);
        }
    }
}
