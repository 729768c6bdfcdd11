using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Tests.Support;
using VggCuda.Cli.Weights;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Tests.Weights;

/// <summary>Runs <c>weights</c> in this process with a home of its own, and with published files that a test makes up.</summary>
public sealed class WeightsShell : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vggcuda-weights-");

    internal IReadOnlyList<PublishedWeights>? Published { get; set; }

    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Runs a command; <c>~/</c> at the start of an argument stands for the folder.</summary>
    public Outcome Run(params string[] arguments) => RunAsync(TestContext.Current.CancellationToken, arguments).GetAwaiter().GetResult();

    public async Task<Outcome> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        Terminal terminal = new() { Out = output, Error = error, Variable = name => name == "HOME" ? PathOf("home") : null };
        GlobalOptions globals = new();
        RootCommand root = [];
        globals.AddTo(root);
        root.Subcommands.Add(WeightsCommand.Create(new CommandHost(terminal, globals), Published));
        string[] expanded = ["weights", .. arguments.Select(a => a.StartsWith("~/", StringComparison.Ordinal) ? PathOf(a[2..]) : a)];
        int code = await root.Parse(expanded).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, cancellation);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
