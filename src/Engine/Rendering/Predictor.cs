using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Rendering;

/// <summary>What a network takes pictures for, some at a time.</summary>
/// <remarks>Compiled once; to be used by one thread, and disposed of before its backend.</remarks>
public sealed class Predictor : IDisposable
{
    private readonly IBackend _backend;
    private readonly INetworkProgram _program;
    private readonly ITensor _input;
    private readonly float[] _pixels;
    private readonly int _named;

    /// <summary>Compiles the network.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="network">A network with its dense layers.</param>
    /// <param name="batch">How many pictures go through it at once, 1 or more. The dense layers' weights are read once for all of them.</param>
    /// <param name="preprocessing">Ordinarily <see cref="Preprocessing.Vgg16"/>.</param>
    /// <param name="top">How many classes to name per picture, 1 or more; all where there are fewer, or where it is null.</param>
    /// <param name="cancellation">Ends compiling early.</param>
    /// <exception cref="PlanException">The network has no dense layers.</exception>
    public Predictor(
        IBackend backend,
        Network network,
        int batch = 1,
        Preprocessing preprocessing = Preprocessing.Vgg16,
        int? top = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        if (top is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(top), top, "At least one class must be named.");
        }

        if (network.Topology.FixedInputSize is not int side)
        {
            throw new PlanException($"{network.Weights.Name} has no dense layers, so it names no classes.");
        }

        _backend = backend;
        Batch = batch;
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Classifier!)],
            Batch = batch,
            Height = side,
            Width = side,
            Preprocessing = preprocessing,
            Precision = Precision.Fp32,
            NeedsGradient = false,
        };
        _program = backend.Compile(network, spec, cancellation);
        try
        {
            _input = backend.Allocate(_program.InputShape);
        }
        catch
        {
            _program.Dispose();
            throw;
        }

        _pixels = new float[batch * side * side * 3];
        _named = Math.Min(top ?? int.MaxValue, _program.Tap.Shape.C);
    }

    /// <summary>How many pictures go through the network at once.</summary>
    public int Batch { get; }

    /// <summary>Class probabilities of all pictures, one at a time.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="network">A network with its dense layers.</param>
    /// <param name="images">One array per picture: (side, side, 3) RGB 0..255 in C order, side = the network's fixed input size.</param>
    /// <param name="preprocessing">Ordinarily <see cref="Preprocessing.Vgg16"/>.</param>
    /// <param name="top">How many classes to name per picture, 1 or more; all where there are fewer, or where it is null.</param>
    /// <param name="cancellation">Ends it early.</param>
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
        ArgumentNullException.ThrowIfNull(images);
        using Predictor predictor = new(backend, network, 1, preprocessing, top, cancellation);
        ImmutableArray<ImmutableArray<Prediction>>.Builder results = ImmutableArray.CreateBuilder<ImmutableArray<Prediction>>();
        foreach (float[] image in images)
        {
            cancellation.ThrowIfCancellationRequested();
            results.AddRange(predictor.Predict([image]));
        }

        return results.ToImmutable();
    }

    /// <summary>Class probabilities of up to <see cref="Batch"/> pictures; each picture's are the same alone and beside others.</summary>
    /// <param name="images">At least one array: (side, side, 3) RGB 0..255 in C order, side = the network's fixed input size.</param>
    /// <returns>For each picture the classes by falling probability, ordered by the backend: see <see cref="IBackend.Rank"/>.</returns>
    /// <exception cref="ArgumentException">There are none or too many, or an array has the wrong length.</exception>
    public ImmutableArray<ImmutableArray<Prediction>> Predict(IReadOnlyList<float[]> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count < 1 || images.Count > Batch)
        {
            throw new ArgumentException($"{images.Count} pictures were given; this takes 1 to {Batch} at once.", nameof(images));
        }

        int length = _pixels.Length / Batch;
        for (int i = 0; i < images.Count; i++)
        {
            if (images[i].Length != length)
            {
                throw new ArgumentException($"Picture {i} has {images[i].Length} values; the network takes {length}.", nameof(images));
            }

            images[i].CopyTo(_pixels, i * length);
        }

        // What is left of an earlier batch goes through as well; nobody asks what it is.
        _backend.Upload(_input, _pixels);
        _program.Forward(_input);
        ImmutableArray<ImmutableArray<Prediction>> ranked = [.. _backend.Rank(_program.Tap, _named)];
        return ranked[..images.Count];
    }

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        _input.Dispose();
        _program.Dispose();
    }
}
