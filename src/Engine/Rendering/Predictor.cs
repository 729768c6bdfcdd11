using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Rendering;

/// <summary>What a network takes pictures for.</summary>
public static class Predictor
{
    /// <summary>Class probabilities.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="network">A network with its dense layers.</param>
    /// <param name="images">One array per picture: (side, side, 3) RGB 0..255 in C order, side = the network's fixed input size.</param>
    /// <param name="preprocessing">Ordinarily <see cref="Preprocessing.Vgg16"/>.</param>
    /// <param name="top">How many classes to name per picture, 1 or more; all where there are fewer, or where it is null.</param>
    /// <param name="cancellation">Ends compiling early.</param>
    /// <returns>For each picture the classes by falling probability, ordered by the backend: see <see cref="IBackend.Rank"/>.</returns>
    /// <exception cref="PlanException">The network has no dense layers.</exception>
    /// <exception cref="ArgumentException">An array has the wrong length.</exception>
    public static ImmutableArray<ImmutableArray<Prediction>> Predict(
        IBackend backend,
        Network network,
        IReadOnlyList<float[]> images,
        Preprocessing preprocessing = Preprocessing.Vgg16,
        int? top = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(images);
        if (top is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(top), top, "At least one class must be named.");
        }

        if (network.Topology.FixedInputSize is not int side)
        {
            throw new PlanException($"{network.Weights.Name} has no dense layers, so it names no classes.");
        }

        ImmutableArray<ImmutableArray<Prediction>>.Builder results = ImmutableArray.CreateBuilder<ImmutableArray<Prediction>>();
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Classifier!)],
            Batch = 1,
            Height = side,
            Width = side,
            Preprocessing = preprocessing,
            Precision = Precision.Fp32,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec, cancellation);
        using ITensor input = backend.Allocate(program.InputShape);
        int named = Math.Min(top ?? int.MaxValue, program.Tap.Shape.C);
        foreach (float[] image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            backend.Upload(input, image);
            program.Forward(input);
            results.AddRange(backend.Rank(program.Tap, named));
        }

        return results.ToImmutable();
    }
}
