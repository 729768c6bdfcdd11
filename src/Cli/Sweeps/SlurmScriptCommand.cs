using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Output;
using VggCuda.Cli.Sweeps.Format;

namespace VggCuda.Cli.Sweeps;

/// <summary><c>sweep slurm-script</c>: the batch file that draws a planned sweep as a Slurm array, a task for each shard.</summary>
internal static partial class SlurmScriptCommand
{
    private const string DefaultTime = "04:00:00";
    private const int DefaultSignal = 180;
    private const int MostRestarts = 100;

    public static Command Create(CommandHost host)
    {
        Argument<string> folder = new("DIR") { Description = "The folder of a sweep that was planned, with --shards and --prepare." };
        Option<string?> script = new("--script") { Description = "Where the batch file goes; default: sweep.sbatch in the folder, - for standard output.", HelpName = "FILE" };
        Option<string> time = new("--time") { Description = $"Time limit of a task, as sbatch takes it; default {DefaultTime}. A task that comes to it is queued again and goes on.", HelpName = "T", DefaultValueFactory = _ => DefaultTime };
        Option<int?> gpus = Parsers.WholeNumber(new Option<int?>("--gpus") { Description = "GPUs of a task; default none.", HelpName = "N" }, 0, 64);
        Option<int?> cpus = Parsers.WholeNumber(new Option<int?>("--cpus") { Description = "Processors of a task; default 4.", HelpName = "N" }, 1, 4096);
        Option<string?> memory = new("--memory") { Description = "Memory of a task, as sbatch takes it, such as 8G; default: the site's.", HelpName = "M" };
        Option<string?> partition = new("--partition") { Description = "The partition; default: the site's.", HelpName = "P" };
        Option<int?> atOnce = Parsers.WholeNumber(new Option<int?>("--at-once") { Description = "The most tasks that run at the same time; default: all.", HelpName = "N" }, 1, 100_000);
        Option<int?> signal = Parsers.WholeNumber(new Option<int?>("--signal-before") { Description = $"Seconds before the limit at which a task is told to end; default {DefaultSignal}. Slurm may be up to a minute late with it; pictures in work get half of it.", HelpName = "S" }, 30, 86_400);
        Command command = new("slurm-script", "Write the batch file that draws a planned sweep as a Slurm array.") { folder, script, time, gpus, cpus, memory, partition, atOnce, signal };
        host.Run(command, invocation =>
        {
            SweepFolder sweep = SweepFolder.Open(invocation.Value(folder)!);
            string root = Path.GetFullPath(sweep.Root);
            foreach ((string what, string? value) in ((string, string?)[])[("--time", invocation.Value(time)), ("--memory", invocation.Value(memory)), ("--partition", invocation.Value(partition))])
            {
                if (value is not null && !Plain().IsMatch(value))
                {
                    throw CommandException.Usage($"{what} is '{value}'; it must be one word of letters, digits and .:,_-");
                }
            }

            if (root.Any(c => char.IsControl(c) || c is '"' or '\\' or '\''))
            {
                throw CommandException.Usage($"The folder '{root}' has a character in its name that a batch file cannot hold in its #SBATCH lines; give it another name.");
            }

            ScriptSettings settings = new(
                root,
                sweep.Manifest.Shards,
                sweep.Manifest.Weights.Path,
                sweep.Manifest.Weights.Network,
                invocation.Value(time)!,
                invocation.Value(gpus) ?? 0,
                invocation.Value(cpus) ?? 4,
                invocation.Value(memory),
                invocation.Value(partition),
                invocation.Value(atOnce),
                invocation.Value(signal) ?? DefaultSignal);
            return Write(invocation, sweep, invocation.Value(script) ?? Path.Combine(sweep.Root, "sweep.sbatch"), TextOf(settings));
        });
        return command;
    }

    private sealed record ScriptSettings(string Root, int Shards, string? Weights, string? Network, string Time, int Gpus, int Cpus, string? Memory, string? Partition, int? AtOnce, int Signal);

    private static int Write(Invocation invocation, SweepFolder sweep, string path, string text)
    {
        if (Outputs.IsStandardOutput(path))
        {
            invocation.Terminal.Out.Write(text);
            return ExitCode.Done;
        }

        sweep.MakeFolders();
        using Outputs files = new(invocation);
        files.Protect("DIR", SweepFolder.ManifestIn(sweep.Root));
        files.Plan("--script", path);
        files.Stage(path, Encoding.UTF8.GetBytes(text));
        files.Commit();
        invocation.Say($"Wrote {path}. To draw: sbatch {path}; then: vggcuda sweep merge {sweep.Root}");
        return ExitCode.Done;
    }

    // A folder's % would be a pattern of Slurm's.
    private static string TextOf(ScriptSettings s)
    {
        string resources = string.Concat(
            s.Gpus > 0 ? string.Create(CultureInfo.InvariantCulture, $"#SBATCH --gres=gpu:{s.Gpus}\n") : "",
            s.Memory is null ? "" : $"#SBATCH --mem={s.Memory}\n",
            s.Partition is null ? "" : $"#SBATCH --partition={s.Partition}\n");
        (string program, string[] first) = ProgramPath.Command;
        string command = string.Join(' ', ((string[])[program, .. first]).Select(Quoted));
        string weights = (s.Weights is null ? " --weights demo" : $" --weights {Quoted(s.Weights)}") + (s.Network is null ? "" : $" --network-name {Quoted(s.Network)}");
        string device = s.Gpus > 0 ? "--device cuda" : string.Create(CultureInfo.InvariantCulture, $"--device cpu --threads {s.Cpus}");
        return $$"""
            #!/bin/bash
            #SBATCH --job-name=vggcuda-sweep
            #SBATCH --array=0-{{s.Shards - 1}}{{(s.AtOnce is int most ? $"%{most}" : "")}}
            #SBATCH --ntasks=1
            #SBATCH --cpus-per-task={{s.Cpus}}
            {{resources}}#SBATCH --time={{s.Time}}
            #SBATCH --requeue
            #SBATCH --open-mode=append
            #SBATCH --output="{{s.Root.Replace("%", "%%", StringComparison.Ordinal)}}/logs/%A_%a.log"
            #SBATCH --signal=B:TERM@{{s.Signal}}

            # A task draws one shard: the array's task is its number, and how many there are stands in the sweep's manifest.
            # The shell waits for the program in the background, since it would not hear a signal otherwise.
            {{command}} sweep --out {{Quoted(s.Root)}} --shard "$SLURM_ARRAY_TASK_ID/{{s.Shards}}"{{weights}} {{device}} --grace {{s.Signal / 2}} &
            worker=$!
            trap 'kill -TERM $worker 2>/dev/null' TERM USR1 USR2
            code=0
            wait $worker || code=$?
            while kill -0 $worker 2>/dev/null; do
              code=0
              wait $worker || code=$?
            done

            # 75: ended by a signal with more to do; 130 and 143: by one that came while the program began. A task that is no longer running is being cancelled, or queued again, already.
            if { [ $code -eq 75 ] || [ $code -eq 130 ] || [ $code -eq 143 ]; } && [ "${SLURM_RESTART_COUNT:-0}" -lt {{MostRestarts}} ] &&
              scontrol show job "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" | grep -q JobState=RUNNING; then
              scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
            fi
            exit $code

            """.ReplaceLineEndings("\n");
    }

    // For the shell: nothing in single quotes means anything.
    private static string Quoted(string text) => SafeWord().IsMatch(text) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"\A[A-Za-z0-9_./:,+=@-]+\z")]
    private static partial Regex SafeWord();

    [GeneratedRegex(@"\A[A-Za-z0-9.:,_-]+\z")]
    private static partial Regex Plain();
}
