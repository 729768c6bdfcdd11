using VggCuda.Engine.Model;

namespace VggCuda.Cli.Weights;

/// <summary>A network in a phrase.</summary>
internal static class NetworkText
{
    /// <summary>"VGG16 for 224 x 224 pixels and 1,000 classes", with its widths where they are not the published ones.</summary>
    public static string Of(Topology topology)
    {
        string widths = topology.Widths.SequenceEqual(Topology.ImageNet.Widths)
            ? ""
            : $", {topology.Widths[0]} to {topology.Widths.Max()} channels";
        return topology.Top is Vgg16Top top
            ? FormattableString.Invariant($"VGG16{widths} for {top.Grid * 32} x {top.Grid * 32} pixels and {top.Classes:N0} classes")
            : $"VGG16{widths} without dense layers";
    }
}
