using System.Diagnostics;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Output;
using VggCuda.Engine.Files;
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

        if (Outputs.IsStandardOutput(path))
        {
            throw CommandException.Usage("A weights file is not written from its beginning to its end, so it cannot go to standard output; give a file name.");
        }

        if (invocation.ResponseFiles.FirstOrDefault(f => FilePaths.AreSame(f, path)) is { } file)
        {
            throw CommandException.Usage($"'{path}' is the file that the arguments come from, '{file}'; give the file to make another name.");
        }

        if (!overwrite && File.Exists(path) && !FilePaths.IsDevice(path))
        {
            throw CommandException.File($"{path}: is there already; choose another name, or give --overwrite.");
        }

        long start = Stopwatch.GetTimestamp();
        Topology topology = TransferDisplay.For(invocation).Show(Path.GetFileName(path), progress =>
            PlainWeightsFile.Write(weights, path, overwrite, progress is null ? null : new FileMeter(progress, "writing"), invocation.Cancellation));
        invocation.Terminal.AreFilesWritten = true;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        invocation.Say(FormattableString.Invariant(
            $"{path}: {NetworkText.Of(topology)}, {topology.ParameterCount:N0} parameters, {PlainWeightsFile.SizeOf(topology)} bytes, written in {seconds:F1} s"));
    }
}
