using System.CommandLine;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Weights;

/// <summary><c>weights synth</c>: a seeded network in the published file's layout.</summary>
internal static class SynthCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> file = new("FILE") { Description = "The file to make." };
        string[] names = [.. Architecture.Known.Select(a => a.Name.ToLowerInvariant())];
        Option<string?> network = new("--network") { Description = $"{string.Join(", ", names)}. Default: {names[Architecture.Known.IndexOf(Topology.ImageNet.Architecture)]}.", HelpName = "NAME" };
        network.CompletionSources.Add(names);
        Option<uint?> seed = Parsers.Seed(new Option<uint?>("--seed") { Description = "Any number; the same one makes the same file everywhere. Default: 0.", HelpName = "S" });
        Option<int?> divisor = Parsers.WholeNumber(
            new Option<int?>("--width-divisor") { Description = "Divides all channels and the units of the dense layers before the last, rounding up. Default: 1.", HelpName = "D" },
            1, SyntheticNetwork.MostDivisor);
        Option<int?> size = Parsers.WholeNumber(
            new Option<int?>("--size") { Description = $"Side of the input in pixels, a multiple of {SyntheticNetwork.SizeStep}. Default: 224.", HelpName = "PX" }, SyntheticNetwork.SizeStep, SyntheticNetwork.MostSize);
        Option<int?> classes = Parsers.WholeNumber(new Option<int?>("--classes") { Description = "Default: 1000.", HelpName = "N" }, 1, SyntheticNetwork.MostClasses);
        Option<bool> noTop = new("--no-top") { Description = "Without the dense layers." };
        Option<bool> overwrite = new("--overwrite") { Description = "Replace FILE where it is there." };
        Command command = new("synth", "Make a seeded, He-initialised VGG in the published file's layout: for benchmarks, checks and bug reports.")
        {
            file, network, seed, divisor, size, classes, noTop, overwrite,
        };
        host.Run(command, invocation =>
        {
            bool top = !invocation.Value(noTop);
            if (!top && (invocation.Has(size) || invocation.Has(classes)))
            {
                throw CommandException.Usage($"{(invocation.Has(size) ? "--size" : "--classes")} sets the dense layers, which --no-top leaves out.");
            }

            int step = SyntheticNetwork.SizeStep;
            if (invocation.Value(size) is int side && side % step != 0)
            {
                throw CommandException.Usage($"--size is {side}; it must be a multiple of {step}, because five poolings halve it: {side / step * step} or {(side + step - 1) / step * step}.");
            }

            string name = invocation.Value(network) ?? Topology.ImageNet.Name;
            if (Architecture.Named(name) is not { } architecture)
            {
                throw CommandException.Usage($"There is no network '{name}'.{Nearest.Question(name, names)} Networks: {string.Join(", ", names)}.");
            }

            Topology topology = SyntheticNetwork.Create(
                invocation.Value(divisor) ?? 1, invocation.Value(size) ?? 224, invocation.Value(classes) ?? 1000, top, architecture);
            using HeWeights weights = new(topology, invocation.Value(seed) ?? 0);
            FileWriting.Write(invocation, weights, invocation.Value(file)!, invocation.Value(overwrite));
            return ExitCode.Done;
        });
        return command;
    }
}
