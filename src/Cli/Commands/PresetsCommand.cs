using System.CommandLine;
using System.Text.Json.Nodes;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;

namespace VggCuda.Cli.Commands;

/// <summary><c>presets</c>: which methods there are, and what each of them is made of.</summary>
internal static class PresetsCommand
{
    private static readonly string[] OwnOfAPicture = ["format", "preset", "objective", "seeds"];

    public static Command Create(CommandHost host)
    {
        Option<bool> json = new("--json") { Description = "As JSON." };
        Command list = new("list", "Name all presets.") { json };
        host.Run(list, invocation =>
        {
            if (invocation.Value(json))
            {
                invocation.ResultTree(new JsonArray([.. Presets.Names.Select(n => (JsonNode)new JsonObject { ["name"] = n, ["description"] = Presets.Describe(n), ["default"] = n == Presets.Default })]));
                return ExitCode.Done;
            }

            int width = Presets.Names.Max(n => n.Length);
            foreach (string name in Presets.Names)
            {
                invocation.Result($"{name.PadRight(width)}  {Presets.Describe(name)}{(name == Presets.Default ? " (default)" : "")}");
            }

            return ExitCode.Done;
        });

        Argument<string> wanted = new("NAME") { Description = $"One of {string.Join(", ", Presets.Names)}." };
        wanted.CompletionSources.Add([.. Presets.Names]);
        Option<int?> size = Parsers.WholeNumber(new Option<int?>("--size") { Description = "Rows and columns of the picture, which some settings go by; default 224.", HelpName = "PX" }, 32, 16384);
        Command show = new("show", "Print what a preset is made of.") { wanted, size, json };
        host.Run(show, invocation =>
        {
            string name = invocation.Value(wanted)!;
            if (!Presets.Names.Contains(name))
            {
                throw CommandException.Usage($"There is no preset '{name}'.{Nearest.Question(name, Presets.Names)} Presets: {string.Join(", ", Presets.Names)}.");
            }

            int side = invocation.Value(size) ?? 224;
            JsonObject plan = JsonNode.Parse(Presets.Create(name, new ChannelObjective { Layer = "block5_conv3", Channels = [[0]] }, [1], side, side).ToJson())!.AsObject();
            string point = (string)plan["objective"]!["point"]!;
            foreach (string other in OwnOfAPicture)
            {
                plan.Remove(other);
            }

            plan.Insert(0, "tap", point);
            if (invocation.Value(json))
            {
                invocation.ResultTree(plan);
                return ExitCode.Done;
            }

            invocation.Result($"{name}: {Presets.Describe(name)}");
            foreach ((string key, JsonNode? value) in plan)
            {
                invocation.Result($"  {key,-14} {Text(value)}");
            }

            return ExitCode.Done;
        });
        return new Command("presets", "Which methods there are, and what they are made of.") { list, show };
    }

    private static string Text(JsonNode? node) => node switch
    {
        null => "none",
        JsonArray { Count: 0 } => "none",
        JsonArray many => string.Join("; ", many.Select(Text)),
        JsonObject thing => string.Join(", ", thing.Where(p => p.Value is not null).Select(p => p.Key == "kind" ? (string)p.Value! : $"{p.Key} {p.Value!.ToJsonString().Trim('"')}")),
        _ => node.ToJsonString().Trim('"'),
    };
}
