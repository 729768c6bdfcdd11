using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Output;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Imaging;

namespace VggCuda.Cli.Reports;

/// <summary><c>report</c>: sweeps and runs as pages to look at.</summary>
internal static class ReportCommand
{
    private const long MostIndexBytes = 1L << 30;

    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR") { Description = "A sweep's folder; or the records (.json) of activate, recipe, rerun and attribute --json: one, or a folder of them." };
        Argument<string?> other = new("DIR2") { Description = "A second one, shown side by side with the first.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> to = new("--out", "-o") { Description = "The report's folder; default: report in DIR.", HelpName = "DIR" };
        Option<string?> examples = new("--examples") { Description = "What 'vggcuda examples' wrote; default: examples in DIR, where it is there.", HelpName = "DIR" };
        Command command = new("report", "Make pages of a sweep's or a run's pictures that open in any browser, without network or server.") { folder, other, to, examples };
        host.Run(command, invocation => Run(invocation, invocation.Value(folder)!, invocation.Value(other), invocation.Value(to), invocation.Value(examples)));
        return command;
    }

    private static int Run(Invocation invocation, string first, string? second, string? to, string? examplesFolder)
    {
        string folder = to ?? Path.Combine(File.Exists(first) ? Path.GetDirectoryName(first) ?? "" : first, "report");
        if (folder.Length == 0 || Outputs.IsStandardOutput(folder))
        {
            throw CommandException.Usage("--out needs a folder: a report is many files.");
        }

        string[] paths = second is null ? [first] : [first, second];
        ReportSource[] sources = Named([.. paths.Select((p, i) => Read(invocation, p, ReportWriter.PicturesOf(i)))]);
        string usual = Path.Combine(first, "examples");
        ReportExamples? examples = examplesFolder is not null ? ReportExamples.Read(examplesFolder)
            : File.Exists(Examples.ExamplesFile.PathIn(usual)) ? ReportExamples.Read(usual)
            : null;
        CheckFolder(folder);
        using Outputs outputs = new(invocation);
        outputs.PlanFolder("--out", folder);
        try
        {
            int units = new ReportWriter(invocation, folder, sources, examples).Write();
            invocation.Say($"Wrote a report of {units} {(units == 1 ? "page" : "pages")}; open {Path.Combine(folder, "index.html")}.");
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            throw CommandException.Cancelled($"Cancelled; the report in '{folder}' is not whole. The same command writes it anew.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.File($"{error.Message}\nThe report in '{folder}' is not whole; the same command writes it anew.", error);
        }
    }

    private static ReportSource Read(Invocation invocation, string path, string pictures) =>
        SweepFolder.IsThere(path) ? SweepSource.Read(path, pictures, invocation.Cancellation) : RecordSource.Read(path, pictures, invocation.Note);

    // Two folders may be called the same.
    private static ReportSource[] Named(ReportSource[] sources) =>
        sources.Length == 2 && sources[0].Name == sources[1].Name
            ? [sources[0] with { Name = sources[0].Name + " (1)" }, sources[1] with { Name = sources[1].Name + " (2)" }]
            : sources;

    // Pages of somebody else's are not replaced.
    private static void CheckFolder(string folder)
    {
        string index = Path.Combine(folder, "index.html");
        if (SweepFolder.IsThere(folder))
        {
            throw CommandException.Usage($"--out: '{folder}' is a sweep's folder; a report needs one of its own.");
        }

        if (File.Exists(index) && FileContent.Read(index, MostIndexBytes).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Page.Generator)) < 0)
        {
            throw CommandException.File($"--out: '{index}' is there and was not written by this command; give another folder.");
        }
    }
}
