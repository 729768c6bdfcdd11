using VggCuda.Engine.Model;

namespace VggCuda.Cli.Weights;

/// <summary>A network in a phrase.</summary>
internal static class NetworkText
{
    /// <summary>"VGG16 for 224 x 224 pixels and 1,000 classes", with its widths where they are not the published ones.</summary>
    public static string Of(Topology topology)
    {
        string widths = topology.Widths.SequenceEqual(topology.Architecture.ImageNet.Widths)
            ? ""
            : $", {topology.Widths[0]} to {topology.Widths.Max()} channels";
        return topology.Head is { } head
            ? FormattableString.Invariant($"{topology.Name}{widths} for {topology.FixedInputSize} x {topology.FixedInputSize} pixels and {head.Classes:N0} classes")
            : $"{topology.Name}{widths} without dense layers";
    }
}
