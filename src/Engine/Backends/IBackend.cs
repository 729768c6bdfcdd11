using System.Collections.Immutable;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends;

/// <summary>A device that runs networks and image operations. The renderer is written against this seam alone.</summary>
/// <remarks>
/// <para>One thread at a time may use a backend and what it made, whichever thread; several backends may live in one process. A second thread that comes while the first is inside is refused with an <see cref="InvalidOperationException"/> before it touches anything: see <see cref="BackendUse"/>.</para>
/// <para>Whatever has been disposed of, the backend itself included, throws <see cref="ObjectDisposedException"/> when used; disposing twice does nothing.</para>
/// <para>Calls may be asynchronous: only <c>Download</c>, <see cref="IReplay.Wait"/> and <see cref="Synchronize"/> promise that what came before has happened.</para>
/// </remarks>
public interface IBackend : IImageOperations, IDisposable
{
    /// <summary>What it is and runs on.</summary>
    BackendDescription Description { get; }

    /// <summary>Allocates a tensor filled with zeros.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    ITensor Allocate(TensorShape shape);

    /// <summary>Copies host values to a tensor, rounding to its precision.</summary>
    /// <exception cref="ArgumentException">The length is not the tensor's, or the tensor is another backend's.</exception>
    void Upload(ITensor target, ReadOnlySpan<double> values);

    /// <inheritdoc cref="Upload(ITensor, ReadOnlySpan{double})"/>
    void Upload(ITensor target, ReadOnlySpan<float> values);

    /// <summary>Copies a tensor to the host, after everything before it has been done.</summary>
    /// <exception cref="ArgumentException">The length is not the tensor's, or the tensor is another backend's.</exception>
    void Download(ITensor source, Span<double> values);

    /// <inheritdoc cref="Download(ITensor, Span{double})"/>
    void Download(ITensor source, Span<float> values);

    /// <summary>Waits until everything asked for has been done.</summary>
    void Synchronize();

    /// <summary>Reads the weights that a program needs, transforms them for the device, and plans its memory.</summary>
    /// <param name="network">The network; its weights must outlive the program. Programs of one network share weights.</param>
    /// <param name="spec">What to compute; checked against the network.</param>
    /// <param name="cancellation">Ends reading and transforming early.</param>
    /// <exception cref="PlanException">The spec does not fit the network; the message says what would.</exception>
    /// <exception cref="WeightsException">The weights cannot be read.</exception>
    /// <exception cref="DeviceMemoryException">It does not fit the device; the message says what would.</exception>
    INetworkProgram Compile(Network network, ProgramSpec spec, CancellationToken cancellation = default);

    /// <summary>The memory that <see cref="Compile"/> would take, without taking it.</summary>
    MemoryForecast Forecast(Network network, ProgramSpec spec);

    /// <summary>The likeliest classes of each image, and their probabilities: softmax(logits[n])[c] = exp(z_c - max z) / sum over j of exp(z_j - max z).</summary>
    /// <param name="logits">(N, 1, 1, classes), fewer than 2^21 classes; not changed.</param>
    /// <param name="top">How many, 1 to the number of classes.</param>
    /// <returns>For each image <paramref name="top"/> classes by falling logit; among equals (0 and -0 are equal) the lower class first; logits that are no number last, they too by class. All probabilities of an image are NaN where one of its logits is NaN or positive infinity, or all are negative infinity.</returns>
    /// <remarks>Comes back when it is done, after everything before it, like <c>Download</c>; not a part of a step. By default a download and a stable sort on the host.</remarks>
    /// <exception cref="ArgumentException">The shape is another, <paramref name="top"/> is out of range, or the tensor is another backend's.</exception>
    ImmutableArray<ImmutableArray<Prediction>> Rank(ITensor logits, int top)
    {
        ArgumentNullException.ThrowIfNull(logits);
        TensorShape shape = logits.Shape;
        RequireRankable(shape, top);
        double[] all = new double[shape.Count];
        Download(logits, all);
        return [.. Enumerable.Range(0, shape.N).Select(n => HostRanking.Of(all.AsSpan(n * shape.C, shape.C), top))];
    }

    /// <summary>Checks the arguments of <see cref="Rank"/>.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    protected static void RequireRankable(TensorShape logits, int top)
    {
        if (logits is not { H: 1, W: 1, C: < 1 << 21 })
        {
            throw new ArgumentException($"The logits are {logits}; (images, 1, 1, classes) is needed, with fewer than {1 << 21} classes.", nameof(logits));
        }

        if (top < 1 || top > logits.C)
        {
            throw new ArgumentOutOfRangeException(nameof(top), top, $"The number of classes to name must be between 1 and {logits.C}.");
        }
    }

    /// <summary>A log of losses that steps write and the host reads while they run.</summary>
    /// <param name="steps">Rows.</param>
    /// <param name="images">Images per row.</param>
    /// <param name="columns">Values per image.</param>
    ILossLog CreateLog(int steps, int images, int columns);

    /// <summary>Records what one step does, to be replayed.</summary>
    /// <param name="step">Calls operations and programs of this backend and nothing else: it may be called once to capture, or once per step.</param>
    /// <remarks>A replay keeps no reference to what it uses: tensors and programs must outlive it. Recording itself changes no tensor that matters: a backend that must run the step to record it restores nothing, so record before initial values are uploaded.</remarks>
    IReplay Record(Action step);
}

/// <summary>What a backend is and runs on.</summary>
/// <param name="Name">The name for <c>--device</c>: reference, cpu, cuda:0.</param>
/// <param name="Device">The processor's or the GPU's name.</param>
/// <param name="Details">Versions, instruction sets, thread counts: whatever a bug report needs.</param>
public sealed record BackendDescription(string Name, string Device, IReadOnlyDictionary<string, string> Details);

/// <summary>Bytes that a program takes on the device.</summary>
/// <param name="Weights">Weights in the device's form.</param>
/// <param name="Activations">Activations, masks and gradients.</param>
/// <param name="Workspace">Scratch memory.</param>
public sealed record MemoryForecast(long Weights, long Activations, long Workspace)
{
    /// <summary>The sum.</summary>
    public long Total => Weights + Activations + Workspace;
}

/// <summary>A recorded step.</summary>
public interface IReplay : IDisposable
{
    /// <summary>Steps known to have been done since recording.</summary>
    int StepsCompleted { get; }

    /// <summary>Does or queues <paramref name="count"/> steps; comes back when at most one earlier call's steps are still under way.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; on the CPU within 100 ms, possibly in the middle of a step whose results are then void except for <c>KeepBest</c>'s: never between <c>KeepBest</c> and <c>Advance</c>, so that the best image's step always counts as done.</exception>
    void Run(int count, CancellationToken cancellation = default);

    /// <summary>Waits for all steps to be done.</summary>
    void Wait(CancellationToken cancellation = default);
}

/// <summary>Losses, written on the device, read by the host.</summary>
public interface ILossLog : IDisposable
{
    /// <summary>Number of rows.</summary>
    int Steps { get; }

    /// <summary>Images per row.</summary>
    int Images { get; }

    /// <summary>Values per image.</summary>
    int Columns { get; }

    /// <summary>Reads rows that are known to be complete, without waiting for later steps.</summary>
    /// <param name="first">First row; <paramref name="values"/> holds whole rows of Images x Columns.</param>
    /// <param name="values">Overwritten.</param>
    void Read(int first, Span<double> values);
}
