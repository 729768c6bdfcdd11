using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Rendering;

/// <summary>Bytes that <see cref="Renderer.Render"/> takes for a plan, without taking them: at its peak, while the last batch is scored.</summary>
/// <param name="Network">The program of the batch.</param>
/// <param name="Images">On the device beside it: parameters, their gradient, the best ones, the optimiser's state, what lies between the stages, tables of random numbers, taps' gradients, the log.</param>
/// <param name="Scoring">On the device at the end: the program that scores the clean pictures, as far as it shares nothing with the first.</param>
/// <param name="Host">On the host while the batch runs: random numbers as they are drawn, pictures as they are read back.</param>
/// <param name="Results">On the host until the end: pictures of all batches, and their losses.</param>
public sealed record RunMemory(MemoryForecast Network, long Images, long Scoring, long Host, long Results)
{
    private const long MostLeftOver = 64L << 20;

    /// <summary>On the device.</summary>
    public long Device => Network.Total + Images + Scoring;

    /// <summary>On a backend that computes on the host: all of it.</summary>
    public long Total => Device + Host + Results;

    /// <summary>Works it out.</summary>
    /// <param name="backend">Where it would run.</param>
    /// <param name="network">The network.</param>
    /// <param name="plan">All pictures.</param>
    /// <param name="batch">Pictures drawn at once.</param>
    /// <param name="isDouble">Whether the backend keeps its tensors in double precision, as the reference backend does.</param>
    /// <param name="wantsImportance">Whether the run gathers <see cref="RenderedImage.Importance"/>.</param>
    public static RunMemory Of(IBackend backend, Network network, RenderPlan plan, int batch, bool isDouble = false, bool wantsImportance = false)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(plan);
        RenderPlan one = plan.Slice(0, Math.Min(batch, plan.Count));
        ProgramSpec spec = one.Spec(network);
        MemoryForecast program = one.Objective.Weight == 0 ? new MemoryForecast(0, 0, 0) : backend.Forecast(network, spec);
        int size = isDouble ? sizeof(double) : sizeof(float);
        long values = one.PictureShape.CountPerImage;
        int columns = one.LossNames.Length;
        long tables = one.Transforms.Sum(t => (long)t.NumbersPerStep) * one.Views * one.Iterations * one.Count;
        long log = (long)one.Iterations * one.Count * columns;
        long images = (Tensors(network, one, spec) + tables + log + (wantsImportance ? 2 * one.PictureShape.Count : 0)) * size;

        // Random numbers are drawn as doubles, and pictures read back as such; per picture float32 and bytes stay, and a row of losses for each step.
        const long rowOverhead = 32;
        long host = sizeof(double) * (one.ParametersShape.Count + tables + one.PictureShape.Count + LargestConstant(one));

        // What the garbage collector has not taken yet of the batches before.
        long batches = (plan.Count + one.Count - 1) / one.Count;
        host += Math.Min(host * (batches - 1), MostLeftOver);
        long results = plan.Count * ((values * (sizeof(float) + 1)) + (wantsImportance ? values / 3 * sizeof(float) : 0) + (plan.Iterations * ((columns * (long)sizeof(double)) + rowOverhead)));
        return new RunMemory(program, images, ScoringOf(backend, network, one, spec), host, results);
    }

    // The stages with what lies between them: before the picture, and after it those that are passed in each step.
    private static IEnumerable<(Stage Stage, TensorShape Input, TensorShape Output)> Links(RenderPlan plan)
    {
        TensorShape shape = plan.PictureShape;
        foreach (Stage stage in plan.Parameters.Reverse())
        {
            TensorShape input = stage.InputShape(shape);
            yield return (stage, input, shape);
            shape = input;
        }

        shape = plan.PictureShape;
        foreach (Stage stage in plan.Transforms.Where(t => !t.ReplacesPicture))
        {
            TensorShape output = stage.OutputShape(shape);
            yield return (stage, shape, output);
            shape = output;
        }
    }

    // What stages never change is worked out as doubles, one array after the other, before it goes to the device.
    private static long LargestConstant(RenderPlan plan) =>
        Links(plan).SelectMany(l => l.Stage.Constants(l.Input, l.Output)).Select(c => c.Shape.Count).DefaultIfEmpty().Max();

    private static long Tensors(Network network, RenderPlan plan, ProgramSpec spec)
    {
        // Parameters, gradient, best; a second one where a transform replaces the picture.
        bool replaces = plan.Transforms.Any(t => t.ReplacesPicture);
        long own = plan.ParametersShape.Count * (3 + plan.Optimizer.StateCount + (replaces ? 1 : 0));
        long between = Links(plan).Sum(l =>
            (2 * l.Output.Count) + l.Stage.Scratch(l.Input, l.Output).Sum(s => s.Count) + l.Stage.Constants(l.Input, l.Output).Sum(c => c.Shape.Count));
        own += plan.Schedule is null ? 0 : plan.ParametersShape.Count;
        own += plan.Views == 1 ? 0 : plan.PictureShape.Count;
        own += plan.Guide is null ? 0 : plan.PictureShape.Count;
        own += plan.Regularizers.Where(r => r.Weight != 0).SelectMany(r => r.Scratch(plan.PictureShape)).Sum(s => s.Count);
        if (plan.BlurEvery is not null)
        {
            own += (2 * plan.ParametersShape.Count) + ((long)plan.Height * plan.Height) + ((long)plan.Width * plan.Width);
        }

        int first = 0;
        foreach (TapObjective leaf in plan.Objective.Leaves)
        {
            int taps = leaf.Taps(network).Length;
            own += leaf.Scratch([.. Enumerable.Range(first, taps).Select(spec.TapShape)]).Sum(s => s.Count);
            first += taps;
        }

        return own + between + Enumerable.Range(0, spec.Taps.Length).Sum(i => spec.TapShape(i).Count);
    }

    private static long ScoringOf(IBackend backend, Network network, RenderPlan plan, ProgramSpec spec)
    {
        if (plan.Objective.ScoredTaps(network).IsEmpty)
        {
            return 0;
        }

        ProgramSpec scoring = Rendering.Scoring.SpecOf(backend, network, plan);
        if (Rendering.Scoring.IsSame(spec, scoring))
        {
            return 0;
        }

        // Filters are shared; of a last layer of which the run computes some units only, all are read.
        MemoryForecast own = backend.Forecast(network, scoring);
        Layer last = scoring.Last;
        long weights = plan.Objective.Weight == 0 ? own.Weights
            : last.Kind == LayerKind.Dense && !scoring.Taps.Select(t => t.ChannelCount).SequenceEqual(spec.Taps.Select(t => t.ChannelCount)) ? last.ParameterCount * sizeof(float)
            : 0;
        return own.Activations + own.Workspace + weights;
    }
}
