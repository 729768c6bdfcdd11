using System.Collections.Immutable;

namespace VggCuda.Engine.Model;

/// <summary>A network that is known by name: how many convolutions each of its five blocks has.</summary>
/// <remarks>
/// Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (arXiv 1409.1556), table 1.
/// Layers are named as Keras names them. A further network is one more row of <see cref="Known"/>.
/// </remarks>
public sealed class Architecture
{
    private static readonly ImmutableArray<int> PublishedWidths = [64, 128, 256, 512, 512];

    private Architecture(string name, params ImmutableArray<int> convolutionsPerBlock)
    {
        Name = name;
        ConvolutionsPerBlock = convolutionsPerBlock;
        Convolutions = [.. convolutionsPerBlock.SelectMany((count, block) => Enumerable.Range(1, count).Select(i => ConvolutionName(block + 1, i)))];
    }

    /// <summary>The table: columns A, B, D and E of the paper.</summary>
    public static ImmutableArray<Architecture> Known { get; } =
    [
        new("VGG11", 1, 1, 2, 2, 2),
        new("VGG13", 2, 2, 2, 2, 2),
        new("VGG16", 2, 2, 3, 3, 3),
        new("VGG19", 2, 2, 4, 4, 4),
    ];

    /// <summary>"VGG16".</summary>
    public string Name { get; }

    /// <summary>Convolutions of each block.</summary>
    public ImmutableArray<int> ConvolutionsPerBlock { get; }

    /// <summary>Names of the convolutions in model order.</summary>
    public ImmutableArray<string> Convolutions { get; }

    /// <summary>The network at the sizes of the paper: 224x224, 64 to 512 channels, 1,000 classes.</summary>
    public Topology ImageNet => new(
        [.. ConvolutionsPerBlock.Select((count, block) => Enumerable.Repeat(PublishedWidths[block], count).ToImmutableArray())],
        Head.Create(7, 4096, 4096, 1000));

    /// <summary>Finds a network by its name, case ignored.</summary>
    /// <returns>The network, or null where it is not known.</returns>
    public static Architecture? Named(string name) => Known.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds a network by the number of convolutions in each block.</summary>
    /// <returns>The network, or null where it is not known.</returns>
    public static Architecture? Of(IEnumerable<int> convolutionsPerBlock) => Known.FirstOrDefault(a => a.ConvolutionsPerBlock.SequenceEqual(convolutionsPerBlock));

    /// <summary>Tells the network by the names of its layers.</summary>
    /// <param name="source">What the weights come from, for messages.</param>
    /// <param name="layers">Names of all layers that have weights, in any order.</param>
    /// <returns>The network. Every layer that it needs is among the names, the dense layers all or none, and there is no other.</returns>
    /// <exception cref="WeightsException">A layer is missing, or one too many is there; the message says which, what was found and what is known.</exception>
    public static Architecture Recognise(string source, IReadOnlyCollection<string> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        HashSet<string> found = [.. layers];
        // A layer that got lost is likelier than one that came along.
        Architecture nearest = Known.MinBy(a => (Differences(a, found), Extra(a, found)))!;
        bool isVgg = nearest.Convolutions.Any(found.Contains);
        ImmutableArray<string> head = Head.KerasNames.Any(found.Contains) ? Head.KerasNames : [];
        ImmutableArray<string> wanted = [.. nearest.Convolutions, .. head];
        if (wanted.FirstOrDefault(name => !found.Contains(name)) is { } missing)
        {
            throw new WeightsException(source, missing, $"is missing; a {(isVgg ? nearest.Name : "VGG")} has it. {Comparison(layers)}");
        }

        return layers.FirstOrDefault(name => !wanted.Contains(name)) is { } extra
            ? throw new WeightsException(source, extra, $"is no layer of {nearest.Name}; is this another network? {Comparison(layers)}")
            : nearest;
    }

    /// <summary>"VGG11 (1, 1, 2, 2, 2), ...", for messages: each known network with the convolutions of its blocks.</summary>
    public static string DescribeKnown() => string.Join(", ", Known.Select(a => $"{a.Name} ({string.Join(", ", a.ConvolutionsPerBlock)})"));

    /// <summary>Keras's name of a convolution.</summary>
    /// <param name="block">From 1.</param>
    /// <param name="number">Within the block, from 1.</param>
    internal static string ConvolutionName(int block, int number) => $"block{block}_conv{number}";

    private static int Differences(Architecture known, HashSet<string> found) =>
        known.Convolutions.Count(name => !found.Contains(name)) + Extra(known, found);

    private static int Extra(Architecture known, HashSet<string> found) => found.Count(name => !known.Convolutions.Contains(name));

    private static string Comparison(IReadOnlyCollection<string> layers)
    {
        const int most = 6;
        string some = layers.Count == 0 ? "no layer with weights" : string.Join(", ", layers.Take(most)) + (layers.Count > most ? $", and {layers.Count - most} more" : "");
        IEnumerable<int> counts = PublishedWidths.Select((_, block) => layers.Count(name => name.StartsWith($"block{block + 1}_conv", StringComparison.Ordinal)));
        return $"Found: {some}; convolutions per block: {string.Join(", ", counts)}. Known: {DescribeKnown()}.";
    }
}
