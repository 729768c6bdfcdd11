using System.Collections.Immutable;
using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Viewing;

/// <summary>Shows pictures to the network, each once and stretched to its input, a few at a time; the next ones are read while it looks.</summary>
/// <param name="invocation">The command line; is told of pictures that cannot be read.</param>
/// <param name="command">The command's name, for its progress.</param>
/// <param name="files">The pictures.</param>
internal sealed class PictureViewing(Invocation invocation, string command, IReadOnlyList<string> files)
{
    // Every tapped layer's values of all of them are there at once: 54 MB a picture for all of VGG16.
    private const int MostAtOnce = 4;

    // Of networks without dense layers, which take any size.
    private const int UsualSide = 224;
    private readonly List<(string File, string Reason)> _faults = [];

    /// <summary>Pictures that were shown to the network.</summary>
    public int Seen { get; private set; }

    /// <summary>Pictures that could not be read, and why.</summary>
    public IReadOnlyList<(string File, string Reason)> Faults => _faults;

    /// <summary>Rows and columns at which a network looks at them.</summary>
    /// <param name="network">The network.</param>
    public static int SideOf(Network network) => network.Topology.FixedInputSize ?? UsualSide;

    /// <summary>Goes through the pictures; ends early when it is cancelled.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="network">The network.</param>
    /// <param name="taps">What is wanted of each picture.</param>
    /// <param name="look">Is given each picture that was shown, in order; what the network found is another's afterwards.</param>
    public void Run(IBackend backend, Network network, ImmutableArray<TapSpec> taps, Action<ViewedPicture> look)
    {
        int side = SideOf(network);
        ProgramSpec spec = new()
        {
            Taps = taps,
            Batch = Math.Min(MostAtOnce, files.Count),
            Height = side,
            Width = side,
            Precision = Precision.Fp32,
            NeedsGradient = false,
        };
        using INetworkProgram program = backend.Compile(network, spec, invocation.Cancellation);
        using ITensor input = backend.Allocate(program.InputShape);
        float[] pixels = new float[input.Shape.Count];
        float[][] values = [.. program.Taps.Select(t => new float[t.Shape.Count])];
        CountProgress progress = new(invocation, command, "pictures", files.Count);
        Task<List<Shown>> next = Read(0, spec.Batch, side);
        for (int at = 0; at < files.Count && !invocation.Cancellation.IsCancellationRequested;)
        {
            List<Shown> shown = next.GetAwaiter().GetResult();
            int taken = Math.Min(spec.Batch, files.Count - at);
            at += taken;
            next = Read(at, spec.Batch, side);
            foreach (Shown fault in shown.Where(s => s.Fault is not null))
            {
                Failure.Report(fault.Fault!, invocation.Terminal, invocation.Verbose);
                _faults.Add((files[fault.File], fault.Fault!.Cause));
            }

            Shown[] whole = [.. shown.Where(s => s.Input is not null)];
            Forward(backend, program, input, pixels, values, whole);
            for (int i = 0; i < whole.Length; i++)
            {
                look(new ViewedPicture(whole[i].File, whole[i].Input!, [.. program.Taps.Select((t, l) => (t.Shape, (ReadOnlyMemory<float>)values[l].AsMemory(i * (int)t.Shape.CountPerImage, (int)t.Shape.CountPerImage)))]));
            }

            Seen += whole.Length;
            progress.Add(taken);
        }
    }

    private static void Forward(IBackend backend, INetworkProgram program, ITensor input, float[] pixels, float[][] values, Shown[] pictures)
    {
        if (pictures.Length == 0)
        {
            return;
        }

        for (int i = 0; i < pictures.Length; i++)
        {
            byte[] rgb = pictures[i].Input!.Rgb;
            for (int k = 0; k < rgb.Length; k++)
            {
                pixels[(i * rgb.Length) + k] = rgb[k];
            }
        }

        backend.Upload(input, pixels);
        program.Forward(input);
        for (int l = 0; l < values.Length; l++)
        {
            backend.Download(program.Taps[l], values[l].AsSpan());
        }
    }

    private Task<List<Shown>> Read(int from, int count, int side) => Task.Run(() =>
    {
        List<Shown> shown = [];
        for (int i = from; i < Math.Min(from + count, files.Count) && !invocation.Cancellation.IsCancellationRequested; i++)
        {
            try
            {
                shown.Add(new Shown(i, Resizing.Fit(PictureFile.Read(files[i]), side, side), null));
            }
            catch (PictureException error)
            {
                shown.Add(new Shown(i, null, error));
            }
        }

        return shown;
    });

    /// <summary>A picture as the network sees it, or why there is none.</summary>
    private sealed record Shown(int File, Picture? Input, PictureException? Fault);
}

/// <summary>A picture, and what the network found in it.</summary>
/// <param name="File">Its place in the list of files.</param>
/// <param name="Input">As the network saw it.</param>
/// <param name="Taps">By tap the shape of the whole batch's values, and this picture's own: rows, columns, channels.</param>
internal readonly record struct ViewedPicture(int File, Picture Input, IReadOnlyList<(TensorShape Shape, ReadOnlyMemory<float> Values)> Taps);
