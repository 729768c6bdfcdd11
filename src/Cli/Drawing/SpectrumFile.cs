using System.Text;
using System.Text.Json;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Stages;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>Mean spectra as files.</summary>
internal static class SpectrumFile
{
    private const long MostBytes = 1L << 20;

    /// <summary>Reads one.</summary>
    /// <exception cref="CommandException">The file holds none.</exception>
    public static MeanSpectrum Read(string path)
    {
        try
        {
            return MeanSpectrum.FromJson(Encoding.UTF8.GetString(FileContent.Read(path, MostBytes)));
        }
        catch (Exception error) when (error is JsonException or PlanException)
        {
            throw CommandException.File($"--spectrum: '{path}' holds no mean spectrum{(error is PlanException ? ": " + error.Message : "; 'spectrum build FOLDER' makes one.")}", error);
        }
    }
}
