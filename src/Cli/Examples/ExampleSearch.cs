using VggCuda.Cli.Hosting;
using VggCuda.Cli.Progress;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Examples;

/// <summary>Shows pictures to the network, each once, and keeps what excites the units of some layers most.</summary>
/// <param name="invocation">The command line.</param>
/// <param name="files">The pictures.</param>
/// <param name="layers">By place in the network.</param>
/// <param name="side">Rows and columns of the network's input.</param>
internal sealed class ExampleSearch(Invocation invocation, IReadOnlyList<string> files, IReadOnlyList<Layer> layers, int side)
{
    // Every tapped layer's values of all of them are there at once: 54 MB a picture for all of VGG16.
    private const int MostAtOnce = 4;
    private readonly List<ExampleFault> _faults = [];

    /// <summary>Pictures that were shown to the network.</summary>
    public int Seen { get; private set; }

    /// <summary>Pictures that could not be read.</summary>
    public IReadOnlyList<ExampleFault> Faults => _faults;

    /// <summary>Goes through the pictures; ends early, with what there is, when it is cancelled.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="network">The network.</param>
    /// <param name="begun">Called when there is something to keep.</param>
    /// <returns>One per layer.</returns>
    public IReadOnlyList<StrongestPatches> Run(IBackend backend, Network network, Action begun)
    {
        StrongestPatches[] patches = [.. layers.Select(l => new StrongestPatches(l, ReceptiveField.Of(network.Topology, l, side)))];
        ProgramSpec spec = new()
        {
            Taps = [.. layers.Select(l => new TapSpec(l))],
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
        CountProgress progress = new(invocation, "examples", "pictures", files.Count);
        Task<List<Shown>> next = Read(0, spec.Batch);
        for (int at = 0; at < files.Count && !invocation.Cancellation.IsCancellationRequested;)
        {
            List<Shown> shown = next.GetAwaiter().GetResult();
            int taken = Math.Min(spec.Batch, files.Count - at);
            at += taken;
            next = Read(at, spec.Batch);
            foreach (Shown fault in shown.Where(s => s.Fault is not null))
            {
                Failure.Report(fault.Fault!, invocation.Terminal, invocation.Verbose);
                _faults.Add(new ExampleFault(files[fault.File], fault.Fault!.Cause));
            }

            Shown[] whole = [.. shown.Where(s => s.Input is not null)];
            Forward(backend, program, input, pixels, values, whole);
            for (int i = 0; i < whole.Length; i++)
            {
                for (int l = 0; l < patches.Length; l++)
                {
                    TensorShape shape = program.Taps[l].Shape;
                    int length = (int)shape.CountPerImage;
                    patches[l].Add(whole[i].File, values[l].AsSpan(i * length, length), shape.W, whole[i].Input!);
                }
            }

            Seen += whole.Length;
            if (Seen > 0)
            {
                begun();
            }

            progress.Add(taken);
        }

        return patches;
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

    private Task<List<Shown>> Read(int from, int count) => Task.Run(() =>
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
