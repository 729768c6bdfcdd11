using System.CommandLine;

namespace VggCuda.Cli.Hosting;

/// <summary>The options that every command has.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Device { get; } = Recursive(new Option<string>("--device")
    {
        Description = "Where to compute: auto (CUDA where it can be used, else the processor), cpu, cuda, cuda:N, or reference (double precision, slow).",
        HelpName = "auto|cpu|cuda|cuda:N|reference",
        DefaultValueFactory = _ => "auto",
    });

    public Option<int?> Threads { get; } = Recursive(Parsers.WholeNumber(new Option<int?>("--threads")
    {
        Description = "Threads of the cpu device; default: one per core.",
        HelpName = "N",
    }, 1, 1024));

    public Option<bool> NoAutotune { get; } = Recursive(new Option<bool>("--no-autotune") { Description = "On CUDA: time no engines of cuDNN, take its first proposals. The first start is quicker, the steps may be slower." });

    public Option<string?> DenseWeights { get; } = Recursive(Parsers.OneOf(new Option<string?>("--dense-weights")
    {
        Description = "On CUDA: full (default), or int8: the dense layers' weights in a byte each, for quicker steps on few pictures that are nearly the same.",
        HelpName = "full|int8",
    }, "full", "int8"));

    public Option<string?> Weights { get; } = Recursive(new Option<string?>("--weights")
    {
        Description = "A Keras HDF5 file, demo (the bundled model) or imagenet (the published file). Default: imagenet where it is found, else demo.",
        HelpName = "FILE|demo|imagenet",
    });

    public Option<string?> NetworkName { get; } = Recursive(new Option<string?>("--network-name")
    {
        Description = "Which network of the weights file, where it holds several; 'weights info' lists them.",
        HelpName = "NAME",
    });

    public Option<bool> Quiet { get; } = Recursive(new Option<bool>("--quiet", "-q") { Description = "Nothing but errors and what was asked for." });

    public Option<bool> Verbose { get; } = Recursive(new Option<bool>("--verbose", "-v") { Description = "Say more; stack traces with errors." });

    /// <summary>Adds them to the root, and so to every command below it.</summary>
    public void AddTo(RootCommand root)
    {
        root.Options.Add(Device);
        root.Options.Add(Threads);
        root.Options.Add(NoAutotune);
        root.Options.Add(DenseWeights);
        root.Options.Add(Weights);
        root.Options.Add(NetworkName);
        root.Options.Add(Quiet);
        root.Options.Add(Verbose);
        Device.CompletionSources.Add("auto", "cpu", "cuda", "reference");
        Weights.CompletionSources.Add("demo", "imagenet");
    }

    private static Option<T> Recursive<T>(Option<T> option)
    {
        option.Recursive = true;
        return option;
    }
}
