using VggCuda.Engine.Model;

namespace VggCuda.Kernels.Programs;

/// <summary>Numbers that kernels leave behind where they met a value that is not finite.</summary>
internal static class NumberMarks
{
    private const int BackwardOffset = 100;

    /// <summary>In the activations of a layer.</summary>
    public static int Forward(Layer layer) => layer.Index + 1;

    /// <summary>In the image's gradient.</summary>
    public static int Backward(Layer tap) => tap.Index + 1 + BackwardOffset;

    /// <summary>In words.</summary>
    public static string Describe(int mark, Topology? topology)
    {
        int index = (mark > BackwardOffset ? mark - BackwardOffset : mark) - 1;
        string name = topology is not null && index >= 0 && index < topology.Layers.Length ? topology.Layers[index].Name : $"layer {index}";
        return mark > BackwardOffset ? $"the image's gradient of {name}" : $"the activations of {name}";
    }
}
