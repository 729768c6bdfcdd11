using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Verdicts;
using VggCuda.Imaging;

namespace VggCuda.Cli.Verdicts;

/// <summary>Where the statistics of a network's units are: in a file that is named, beside the weights, or, the bundled model's, in the program.</summary>
internal static class StatisticsFile
{
    private const long MostBytes = 256L << 20;
    private const string Bundled = "demo.statistics.json";

    /// <summary>Where the statistics of a weights file are looked for.</summary>
    public static string PathBeside(string weights) => Path.ChangeExtension(weights, ".statistics.json");

    /// <summary>The statistics of a network, or null where there are none, or the weights' checksum was not waited for.</summary>
    /// <param name="invocation">Is told where those that lie beside the weights are another network's.</param>
    /// <param name="chosen">The network.</param>
    /// <param name="named">The file that the user names, or null.</param>
    /// <exception cref="CommandException">The file that was named cannot be read, or is another network's.</exception>
    public static UnitStatistics? Find(Invocation invocation, ChosenNetwork chosen, string? named)
    {
        if (named is not null)
        {
            UnitStatistics read = Parsed(Read(named), $"'{named}'");
            return chosen.Sha256(invocation.Cancellation) is { } sha256 ? Checked(read, chosen, sha256, $"'{named}'") : null;
        }

        string path = chosen.Path is null ? "" : PathBeside(chosen.Path);
        byte[]? found = chosen.Path is null ? Resource() : File.Exists(path) ? Read(path) : null;
        if (found is null || chosen.Sha256(invocation.Cancellation) is not { } own)
        {
            return null;
        }

        try
        {
            string what = chosen.Path is null ? "the bundled model's" : $"'{path}'";
            return Checked(Parsed(found, what), chosen, own, what);
        }
        catch (CommandException error)
        {
            // Nobody asked for them.
            invocation.Note(error.Message);
            return null;
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            return FileContent.Read(path, MostBytes);
        }
        catch (PictureException error)
        {
            throw CommandException.File(error.Message, error);
        }
    }

    private static UnitStatistics Parsed(byte[] json, string what)
    {
        try
        {
            return UnitStatistics.Parse(json);
        }
        catch (PlanException error)
        {
            throw CommandException.File($"The statistics {what} cannot be used: {error.Message}. 'vggcuda statistics FOLDER' makes them.", error);
        }
    }

    private static UnitStatistics Checked(UnitStatistics statistics, ChosenNetwork chosen, string sha256, string what)
    {
        try
        {
            statistics.CheckFits(chosen.Network, sha256);
            return statistics;
        }
        catch (PlanException error)
        {
            throw CommandException.File($"The statistics {what} are of another network: {error.Message}. 'vggcuda statistics FOLDER --weights ...' makes this one's.", error);
        }
    }

    private static byte[] Resource()
    {
        using Stream stream = typeof(StatisticsFile).Assembly.GetManifestResourceStream(Bundled)
            ?? throw new InvalidOperationException($"The build left out the resource {Bundled}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
