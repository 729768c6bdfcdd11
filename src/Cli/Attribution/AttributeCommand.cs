using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using VggCuda.Cli.Devices;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;
using VggCuda.Cli.Output;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Display;
using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Attribution;

/// <summary><c>attribute</c>: which parts of a picture a class's logit rests on.</summary>
internal static class AttributeCommand
{
    public static Command Create(CommandHost host)
    {
        AttributeOptions options = new();
        Command command = new("attribute", "Show which parts of a picture the network's answer rests on.");
        options.AddTo(command, host);
        host.Run(command, invocation => Run(invocation, options));
        return command;
    }

    private static int Run(Invocation invocation, AttributeOptions options)
    {
        ImmutableArray<string> files = PictureList.Find(invocation.Value(options.Images)!);
        ImmutableArray<AttributionMethod> methods = options.Overrides(invocation).ApplyTo(MethodsOf(invocation.Value(options.Method)!));
        using ChosenNetwork chosen = NetworkChoice.Open(invocation);
        if (chosen.Network.Topology.FixedInputSize is not int side)
        {
            throw CommandException.File($"The weights {chosen.Name} have no dense layers, so they name no classes; attribute needs a file with its top.");
        }

        Preprocessing preprocessing = invocation.Value(options.RawInput) ? Preprocessing.Raw : Preprocessing.Vgg16;
        ImmutableArray<AttributionPlan> plans = [.. methods.Select(m => new AttributionPlan
        {
            Method = m,
            Preprocessing = preprocessing,
            Batch = invocation.Value(options.Batch) ?? 8,
            Temperature = chosen.Temperature.Value,
        })];
        foreach (AttributionPlan plan in plans)
        {
            plan.Validate(chosen.Network);
        }

        ImmutableArray<int?> classes = ClassesOf(chosen, invocation.Value(options.Class)!);
        PictureFrame frame = new(invocation.Value(options.Fit), side);
        HeatStyle style = new(invocation.Value(options.Colours), invocation.Value(options.Alpha) ?? 0.6, invocation.Value(options.Clip) ?? 0.5);
        AttributionSheet sheet = new(chosen, frame, style, invocation.Value(options.Size) ?? 256);
        using Outputs outputs = new(invocation);
        AttributionFiles names = AttributionFiles.Plan(invocation, options, outputs, chosen, files, methods.Length * classes.Length);
        const long most = 1L << 28;
        long values = (long)files.Length * classes.Length * methods.Length * side * side;
        if (values > most)
        {
            throw CommandException.Usage($"{files.Length} pictures for {classes.Length} classes by {methods.Length} methods make {values >> 20} Mi values; at most {most >> 20} Mi are made in one run. Take fewer at once.");
        }

        sheet.CheckSize(names.Sheet is null ? classes.Length : files.Length * classes.Length, methods.Length);

        float[] input = new float[checked(files.Length * side * side * 3)];
        Picture[] shown = new Picture[files.Length];
        for (int i = 0; i < files.Length; i++)
        {
            Picture picture = PictureFile.Read(files[i]);
            frame.Feed(picture, preprocessing, input.AsSpan(i * side * side * 3, side * side * 3));
            shown[i] = sheet.Shown(picture);
        }

        chosen.StartHashing();
        List<ExplainedPicture> rows;
        using (IBackend backend = DeviceChoice.Open(invocation))
        {
            rows = Explain(invocation, backend, chosen.Network, plans, files, classes, input, side);
        }

        Dictionary<string, string> text = new()
        {
            ["Software"] = $"{Software.Name} {Software.Version}",
            ["vggcuda:attribution"] = $"[{string.Join(",", plans.Select(p => p.ToJson()))}]",
            ["vggcuda:version"] = Software.Version,
            ["vggcuda:weights"] = $"{chosen.Name} sha256:{chosen.Sha256()}",
        };
        names.Stage(outputs, sheet, style, rows, classes.Length, shown, text, side);
        outputs.Commit();
        if (invocation.Value(options.Json))
        {
            invocation.Result([.. rows.Select(row => AttributionReport.Of(row, chosen, side))], AttributionReportJson.Default.ListAttributionReport);
        }
        else
        {
            Print(invocation, chosen, rows);
            if (names.Written.Length > 0)
            {
                invocation.Say($"Wrote {(names.Written.Length > 4 ? $"{names.Written.Length} files, {names.Written[0]} first" : string.Join(", ", names.Written))}.");
            }
        }

        return ExitCode.Done;
    }

    private static ImmutableArray<AttributionMethod> MethodsOf(string text)
    {
        ImmutableArray<AttributionMethod>.Builder methods = ImmutableArray.CreateBuilder<AttributionMethod>();
        foreach (string word in text.Split(',').Select(w => w.Trim()))
        {
            AttributionMethod? method = AttributionMethods.All.FirstOrDefault(m => string.Equals(m.Name, word, StringComparison.OrdinalIgnoreCase));
            if (method is null)
            {
                throw CommandException.Usage($"There is no method '{word}'.{Nearest.Question(word, AttributionMethods.Names, 1)}\nMethods: {string.Join(", ", AttributionMethods.Names)}.");
            }

            if (methods.Contains(method))
            {
                throw CommandException.Usage($"--method names {method.Name} twice.");
            }

            methods.Add(method);
        }

        return methods.ToImmutable();
    }

    private static ImmutableArray<int?> ClassesOf(ChosenNetwork chosen, string text)
    {
        ImmutableArray<int?>.Builder classes = ImmutableArray.CreateBuilder<int?>();
        foreach (string word in text.Split(',').Select(w => w.Trim()))
        {
            int? index = string.Equals(word, "top1", StringComparison.OrdinalIgnoreCase) ? null : ClassChoice.Find(chosen, word)[0];
            if (classes.Contains(index))
            {
                throw CommandException.Usage($"--class names {(index is int c ? chosen.Describe(c) : "top1")} twice.");
            }

            classes.Add(index);
        }

        return classes.ToImmutable();
    }

    /// <summary>Rows by picture, then by class.</summary>
    private static List<ExplainedPicture> Explain(
        Invocation invocation,
        IBackend backend,
        Network network,
        ImmutableArray<AttributionPlan> plans,
        ImmutableArray<string> files,
        ImmutableArray<int?> classes,
        float[] input,
        int side)
    {
        int pixels = side * side;
        Answer[][] answers = [.. Enumerable.Range(0, files.Length * classes.Length).Select(_ => new Answer[plans.Length])];
        using PassProgress progress = new(invocation);
        for (int m = 0; m < plans.Length; m++)
        {
            progress.Title = plans[m].Method.Name;
            using Attributor attributor = new(backend, network, plans[m]);
            for (int c = 0; c < classes.Length; c++)
            {
                float[] maps = new float[files.Length * pixels];
                ReadOnlySpan<int> asked = classes[c] is int index ? [index] : [];
                ImmutableArray<AttributionFacts> facts = attributor.Attribute(input, asked, maps, progress, invocation.Cancellation);
                for (int i = 0; i < files.Length; i++)
                {
                    answers[(i * classes.Length) + c][m] = new Answer(plans[m].Method, facts[i], maps.AsMemory(i * pixels, pixels));
                }
            }
        }

        return [.. answers.Select((row, i) => new ExplainedPicture(files[i / classes.Length], [.. row]))];
    }

    private static void Print(Invocation invocation, ChosenNetwork chosen, List<ExplainedPicture> rows)
    {
        foreach (ExplainedPicture row in rows)
        {
            invocation.Result(string.Create(CultureInfo.InvariantCulture, $"{row.File}: {chosen.Describe(row.Facts.Class)}, probability {100 * row.Facts.Probability:F1} %, logit {row.Facts.Logit:F2}"));
            foreach (Answer answer in row.Answers)
            {
                MapScale range = MapScale.Of(answer.Map.Span, symmetric: false, clip: 0);
                string path = "";
                if (answer.Facts.Integration is { } found)
                {
                    path = string.Create(CultureInfo.InvariantCulture, $", {found.Steps} steps, completeness gap {found.Gap:G3}, {100 * found.RelativeGap:F2} % of {found.Difference:G4}");
                    path += found.Reached ? "" : " (the limit of steps was reached; --max-steps allows more)";
                }

                invocation.Result(string.Create(CultureInfo.InvariantCulture, $"  {answer.Method.Name}: {range.Low:G3} to {range.High:G3}{path}"));
            }
        }
    }
}
