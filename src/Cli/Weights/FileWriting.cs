using System.Diagnostics;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary>Writing a weights file with progress and a closing line: what synth and convert share.</summary>
internal static class FileWriting
{
    public static void Write(Invocation invocation, IWeightSource weights, string path, bool overwrite)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw CommandException.Usage("The file to make needs a name.");
        }

        long start = Stopwatch.GetTimestamp();
        Topology topology = TransferDisplay.For(invocation).Show(Path.GetFileName(path), progress =>
            PlainWeightsFile.Write(weights, path, overwrite, progress is null ? null : new FileMeter(progress, "writing"), invocation.Cancellation));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        invocation.Say(FormattableString.Invariant(
            $"{path}: {NetworkText.Of(topology)}, {topology.ParameterCount:N0} parameters, {new FileInfo(path).Length} bytes, written in {seconds:F1} s"));
    }
}
