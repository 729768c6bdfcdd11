using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;

namespace VggCuda.Bench.Cpu;

/// <summary>The networks that are measured; the peer has the same values.</summary>
internal static class Networks
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The published sizes.</summary>
    public static Network Full { get; } = Network.FromWeights(new HeWeights(Topology.ImageNet, 1));

    /// <summary>The bundled model's file.</summary>
    public static string BundledFile { get; } = Path.Combine(Root, "models", "demo.h5");

    /// <summary>The bundled model.</summary>
    public static Network Bundled { get; } = Network.FromWeights(KerasWeights.Open(BundledFile));

    /// <summary>The published sizes, values in memory, so that making them is not counted as reading.</summary>
    public static MemoryWeights InMemory => field ??= MemoryWeights.CopyOf(Full.Weights);

    /// <summary>What the peers call a network: "full", or a file.</summary>
    public static string PeersName(string name) => name == "full" ? name : BundledFile;

    /// <summary>A program for one channel per image.</summary>
    public static CpuProgram Compile(CpuBackend backend, Network network, string tap, int batch)
    {
        int side = network.Topology.FixedInputSize!.Value;
        ProgramSpec spec = new()
        {
            Taps = [new TapSpec(network.Topology.Find(tap)!) { Channels = [.. Enumerable.Range(20, batch).Select(c => (System.Collections.Immutable.ImmutableArray<int>)[c])] }],
            Batch = batch,
            Height = side,
            Width = side,
        };
        return (CpuProgram)backend.Compile(network, spec);
    }

    /// <summary>One pass there and back: the mean of what the tap holds, and its gradient to the image.</summary>
    /// <param name="backend">Who computes.</param>
    /// <param name="network">The network.</param>
    /// <param name="spec">One image and one channel.</param>
    /// <param name="pixels">The image, (1, H, W, 3).</param>
    public static (double Value, double[] Gradient) Objective(IBackend backend, Network network, ProgramSpec spec, float[] pixels)
    {
        using INetworkProgram program = backend.Compile(network, spec);
        using ITensor image = backend.Allocate(program.InputShape);
        using ITensor gradient = backend.Allocate(program.InputShape);
        using ITensor tapGradient = backend.Allocate(program.Tap.Shape);
        backend.Upload(image, pixels);
        backend.Fill(tapGradient, 1.0 / (program.Tap.Shape.H * program.Tap.Shape.W));
        program.Forward(image);
        program.Backward(tapGradient, gradient);
        double[] values = new double[program.Tap.Shape.Count];
        double[] atImage = new double[program.InputShape.Count];
        backend.Download(program.Tap, values);
        backend.Download(gradient, atImage);
        return (values.Average(), atImage);
    }

    /// <summary>Multiply-adds counted twice, directly, of one image forwards and backwards to the image with the whole tap layer.</summary>
    public static double Flops(Network network, string tap)
    {
        int side = network.Topology.FixedInputSize!.Value;
        double flops = 0;
        foreach (Layer layer in network.Topology.Layers)
        {
            int edge = side >> layer.Halvings;
            flops += layer.Kind switch
            {
                LayerKind.Convolution => 2.0 * 9 * layer.Inputs * layer.Outputs * edge * edge,
                LayerKind.Dense => 2.0 * layer.Inputs * layer.Outputs,
                _ => 0,
            };
            if (layer.Name == tap)
            {
                break;
            }
        }

        return 2 * flops;
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VggCuda.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? Directory.GetCurrentDirectory();
    }
}

/// <summary>A program with its tensors: one call is one forward and one backward pass.</summary>
internal sealed class Step : IDisposable
{
    private readonly ITensor _image;
    private readonly ITensor _tapGradient;
    private readonly ITensor _gradient;

    public Step(CpuBackend backend, Network network, string tap, int batch)
    {
        Program = Networks.Compile(backend, network, tap, batch);
        _image = backend.Allocate(Program.InputShape);
        _gradient = backend.Allocate(Program.InputShape);
        _tapGradient = backend.Allocate(Program.Taps[0].Shape);
        Random random = new(1);
        backend.Upload(_image, [.. Enumerable.Range(0, (int)Program.InputShape.Count).Select(_ => (float)(255 * random.NextDouble()))]);
        backend.Fill(_tapGradient, -1.0 / (Program.Taps[0].Shape.H * Program.Taps[0].Shape.W));
    }

    public CpuProgram Program { get; }

    public ITensor Image => _image;

    public ITensor TapGradient => _tapGradient;

    public ITensor Gradient => _gradient;

    public void Run()
    {
        Program.Forward(_image);
        Program.Backward([_tapGradient], _gradient);
    }

    public void Dispose()
    {
        Program.Dispose();
        _image.Dispose();
        _gradient.Dispose();
        _tapGradient.Dispose();
    }
}
