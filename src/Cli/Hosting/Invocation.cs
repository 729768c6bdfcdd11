using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using VggCuda.Kernels;

namespace VggCuda.Cli.Hosting;

/// <summary>One run of one command: its arguments, its streams, its cancellation.</summary>
internal sealed class Invocation
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly GlobalOptions _globals;
    private bool _isOutputLeft;

    public Invocation(ParseResult arguments, GlobalOptions globals, Terminal terminal, CancellationToken cancellation)
    {
        Arguments = arguments;
        _globals = globals;
        Terminal = terminal;
        Cancellation = cancellation;
        Quiet = arguments.GetValue(globals.Quiet);
        Verbose = arguments.GetValue(globals.Verbose);
    }

    public ParseResult Arguments { get; }

    public Terminal Terminal { get; }

    /// <summary>Set by Ctrl-C and SIGTERM; commands poll it or hand it on.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Files that arguments came from.</summary>
    public IReadOnlyList<string> ResponseFiles { get; init; } = [];

    public bool Quiet { get; }

    public bool Verbose { get; }

    public string Device => Arguments.GetValue(_globals.Device) ?? "auto";

    public int? Threads => Arguments.GetValue(_globals.Threads);

    /// <summary>Whether CUDA engines are to be taken untimed.</summary>
    public bool NoAutotune => Arguments.GetValue(_globals.NoAutotune);

    /// <summary>How CUDA is to keep dense weights.</summary>
    public DenseWeights DenseWeights => Arguments.GetValue(_globals.DenseWeights) == "int8" ? DenseWeights.EightBit : DenseWeights.Full;

    public string? Weights => Arguments.GetValue(_globals.Weights);

    /// <summary>The network of the weights file that is meant, or null.</summary>
    public string? NetworkName => Arguments.GetValue(_globals.NetworkName);

    public T? Value<T>(Option<T> option) => Arguments.GetValue(option);

    public T? Value<T>(Argument<T> argument) => Arguments.GetValue(argument);

    /// <summary>Whether the user gave the option, as opposed to its default.</summary>
    public bool Has(Option option) => Arguments.GetResult(option) is { Implicit: false };

    /// <summary>A line of what was asked for, on stdout, --quiet or not.</summary>
    public void Result(string line) => Terminal.Out.WriteLine(TerminalText.Line(line));

    /// <summary>A value of what was asked for, on stdout, as JSON, indented or on one line as its context says; neither escaped nor cut.</summary>
    public void Result<T>(T value, JsonTypeInfo<T> type) => Terminal.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>A tree of what was asked for, on stdout, as indented JSON.</summary>
    public void ResultTree(JsonNode tree) => Terminal.Out.WriteLine(tree.ToJsonString(Indented));

    /// <summary>A line that tells what was done, on stdout, or stderr where a file goes to stdout; not with --quiet.</summary>
    public void Say(string line)
    {
        TextWriter to = _isOutputLeft ? Terminal.Error : Terminal.Out;
        // A standard output that the shell has closed wants to hear nothing; that is no failure.
        if (!Quiet && (to != Terminal.Out || !Terminal.IsOutputClosed))
        {
            to.WriteLine(TerminalText.Line(line));
        }
    }

    /// <summary>Leaves stdout to a file: what is said goes to stderr from now on.</summary>
    public void LeaveOutput() => _isOutputLeft = true;

    /// <summary>A remark, on stderr; not with --quiet.</summary>
    public void Note(string line)
    {
        if (!Quiet)
        {
            Terminal.Error.WriteLine(TerminalText.Line(line));
        }
    }

    /// <summary>A detail, on stderr; only with --verbose.</summary>
    public void Detail(string line)
    {
        if (Verbose)
        {
            Terminal.Error.WriteLine(TerminalText.Line(line));
        }
    }
}
