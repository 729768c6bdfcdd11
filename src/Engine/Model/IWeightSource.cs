using System.Collections.Immutable;

namespace VggCuda.Engine.Model;

/// <summary>Which of a layer's two tensors.</summary>
public enum WeightPart
{
    /// <summary>(3, 3, in, out) of a convolution, (in, out) of a dense layer, C order.</summary>
    Kernel,

    /// <summary>(out).</summary>
    Bias,
}

/// <summary>What a weight source has of one layer.</summary>
/// <param name="Layer">Keras's layer name.</param>
/// <param name="KernelShape">(3, 3, in, out) or (in, out).</param>
/// <param name="BiasLength">Number of biases.</param>
public sealed record LayerWeights(string Layer, ImmutableArray<int> KernelShape, int BiasLength);

/// <summary>Where weights come from: a Keras file, memory, a seeded generator.</summary>
/// <remarks>
/// A source knows the shapes at once and reads values only when asked, so that a run that taps block3_conv1 never
/// touches the 400 MB of fc1. <see cref="Read"/> may be called from several threads at once.
/// </remarks>
public interface IWeightSource : IDisposable
{
    /// <summary>What to call it in messages: the file's path, or a phrase such as "bundled model".</summary>
    string Name { get; }

    /// <summary>The layers that have weights, in model order.</summary>
    IReadOnlyList<LayerWeights> Layers { get; }

    /// <summary>Reads <paramref name="destination"/>.Length consecutive values, little copied: straight into the caller's memory.</summary>
    /// <param name="layer">A layer of <see cref="Layers"/>.</param>
    /// <param name="part">Kernel or bias.</param>
    /// <param name="start">First element in C order.</param>
    /// <param name="destination">Overwritten. Native memory is welcome.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    /// <exception cref="WeightsException">The values cannot be read, or one of them is not finite.</exception>
    /// <exception cref="ArgumentException">No such layer, or the range does not lie in the tensor.</exception>
    void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default);

    /// <summary>SHA-256 of the file or of all values in order, lower-case hex; null where it is not known without reading everything.</summary>
    /// <param name="cancellation">Ends the hashing early.</param>
    string? ComputeSha256(CancellationToken cancellation = default);
}
