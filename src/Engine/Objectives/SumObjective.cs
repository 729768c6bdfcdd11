using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>Several objectives at once, each with a weight of its own, at any layers: a negative one is avoided. As a loss -weight * the weighted sum.</summary>
public sealed record SumObjective : Objective
{
    private const int MostCharactersInName = 100;

    /// <summary>What is summed, one or more; their weights may have either sign.</summary>
    public required ImmutableArray<Objective> Terms { get; init; }

    /// <inheritdoc/>
    public override TopActivation ProgramTop => Terms.Any(t => t.ProgramTop == TopActivation.Softmax) ? TopActivation.Softmax : TopActivation.Linear;

    /// <inheritdoc/>
    public override int? Count => Terms.IsDefault ? null : Terms.Select(t => t.Count).FirstOrDefault(c => c is not null);

    /// <inheritdoc/>
    public override int GroupSize => Terms.IsDefaultOrEmpty ? 1 : Terms.Max(t => t.GroupSize);

    /// <inheritdoc/>
    public override ImmutableArray<TapObjective> Leaves => [.. Terms.SelectMany(t => (t with { Weight = t.Weight * Weight }).Leaves)];

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> Taps(Network network) => [.. Terms.SelectMany(t => t.Taps(network))];

    /// <inheritdoc/>
    public override Objective Slice(int first, int count) => this with { Terms = [.. Terms.Select(t => t.Slice(first, count))] };

    /// <inheritdoc/>
    public override Objective At(TapPoint point) => this with { Terms = [.. Terms.Select(t => t.At(point))] };

    /// <inheritdoc/>
    public override ImmutableArray<TapSpec> ScoredTaps(Network network) => [.. Terms.SelectMany(t => t.ScoredTaps(network))];

    /// <inheritdoc/>
    public override PictureScore Score(int picture, IReadOnlyList<(TensorShape Shape, double[] Values)> taps, Network network)
    {
        ArgumentNullException.ThrowIfNull(taps);
        double activation = 0;
        List<ChannelScore> channels = [];
        int first = 0;
        foreach (Objective term in Terms)
        {
            int count = term.ScoredTaps(network).Length;
            PictureScore score = term.Score(picture, [.. taps.Skip(first).Take(count)], network);
            activation += term.Weight * score.Activation;
            channels.AddRange(score.Channels);
            first += count;
        }

        return new PictureScore(activation, [.. channels]);
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => Join(t => t.Describe(picture));

    /// <inheritdoc/>
    public override string Label(int picture, Network network, Func<int, string?> className) => Join(t => t.Label(picture, network, className), t => t is not (CoupledObjective or GuidedObjective));

    /// <inheritdoc/>
    public override ImmutableArray<string> Units(int picture, Network network, Func<int, string?> className) => [.. Terms.SelectMany(t => t.Units(picture, network, className))];

    /// <inheritdoc/>
    public override string Title(Network network, Func<int, string?> className) => Join(t => t.Title(network, className));

    /// <inheritdoc/>
    public override string FileStem()
    {
        string all = string.Join('+', Terms.Select(t => t.FileStem()));
        return all.Length <= MostCharactersInName ? all : $"{Terms[0].FileStem()}+{Terms.Length - 1}-more";
    }

    /// <inheritdoc/>
    public override void Validate(Network network)
    {
        if (Terms.IsDefaultOrEmpty)
        {
            throw new PlanException("A sum of objectives needs at least one.");
        }

        base.Validate(network);
        foreach (Objective term in Terms)
        {
            term.Validate(network);
        }

        int[] counts = [.. Terms.Select(t => t.Count).OfType<int>().Distinct()];
        if (counts.Length > 1)
        {
            throw new PlanException($"The terms of the sum describe {string.Join(" and ", counts)} pictures; they must be as many.");
        }

        int[] groups = [.. Terms.Select(t => t.GroupSize).Where(g => g > 1).Distinct()];
        if (groups.Length > 1)
        {
            throw new PlanException($"The terms of the sum compare pictures in groups of {string.Join(" and ", groups)}; they must be as many.");
        }

        if (Terms.All(t => t.Weight == 0))
        {
            throw new PlanException("All terms of the sum have the weight 0, so there is nothing to excite.");
        }
    }

    private string Join(Func<Objective, string> text, Func<Objective, bool>? isShown = null)
    {
        StringBuilder joined = new();
        foreach (Objective term in Terms.Where(isShown ?? (_ => true)))
        {
            double size = Math.Abs(term.Weight);
            joined.Append(term.Weight < 0 ? joined.Length == 0 ? "-" : " - " : joined.Length == 0 ? "" : " + ");
            joined.Append(size == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{size:G3} x ")).Append(text(term));
        }

        return joined.ToString();
    }
}
