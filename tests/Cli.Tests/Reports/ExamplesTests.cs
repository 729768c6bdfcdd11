using AngleSharp.Html.Parser;
using VggCuda.Cli.Examples;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Reports;

public sealed class ExamplesTests : IDisposable
{
    private const int Side = 32;
    private readonly Shell _shell = new();

    public ExamplesTests()
    {
        TestNetworks.Write(_shell.PathOf("net.h5"), classes: 5);
        Directory.CreateDirectory(_shell.PathOf("photos"));
        Random random = new(3);
        for (int i = 0; i < 14; i++)
        {
            byte[] noise = new byte[Side * Side * 3];
            random.NextBytes(noise);
            PictureFile.WritePng(new Picture(Side, Side, noise), _shell.PathOf($"photos/p{i:D2}.png"));
        }
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Each_unit_gets_the_pictures_that_excite_it_most()
    {
        _shell.Run("examples", "~/photos", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/x").Succeeded();
        ExamplesFile found = ExamplesFile.Read(_shell.PathOf("x"));
        Assert.Equal((14, 16), (found.Pictures, found.Layers.Count));
        using KerasWeights weights = KerasWeights.Open(_shell.PathOf("net.h5"));
        Network network = Network.FromWeights(weights);
        using CpuBackend backend = new();
        foreach (string name in (string[])["block1_conv2", "block2_conv1", "fc1", "predictions"])
        {
            // Every picture alone, all values at once.
            Layer layer = network.Topology.Find(name)!;
            using INetworkProgram program = backend.Compile(network, new ProgramSpec { Taps = [new TapSpec(layer)], Batch = 1, Height = Side, Width = Side, NeedsGradient = false, Precision = Precision.Fp32 });
            using ITensor input = backend.Allocate(program.InputShape);
            List<(string File, float[] Largest)> all = [];
            foreach (string file in Directory.EnumerateFiles(_shell.PathOf("photos")).Order(StringComparer.Ordinal))
            {
                backend.Upload(input, [.. PictureFile.Read(file).Rgb.Select(v => (float)v)]);
                program.Forward(input);
                float[] values = new float[program.Tap.Shape.Count];
                backend.Download(program.Tap, values.AsSpan());
                all.Add((file, [.. Enumerable.Range(0, layer.Outputs).Select(c => values.Where((_, i) => i % layer.Outputs == c).Max())]));
            }

            ExampleLayer part = found.Layers.Single(l => l.Layer == name);
            Assert.Equal(layer.Outputs, part.Units.Count);
            foreach (ExampleUnit unit in part.Units)
            {
                (string File, float)[] wanted = [.. all.Select(p => (p.File, p.Largest[unit.Channel])).Where(p => layer.IsClassifier || p.Item2 > 0).OrderByDescending(p => p.Item2).Take(9)];
                Assert.Equal(wanted, unit.Top.Select(e => (e.File, e.Activation)));
                Assert.Equal(wanted.Length > 0, File.Exists(_shell.PathOf($"x/{ExamplesFile.SheetOf(part, unit)}")));
            }
        }

        // The patch is cut from where the picture is strongest: values outside its receptive field do not change it.
        ExampleLayer first = found.Layers[0];
        Assert.Equal(new ReceptiveField(3, 1, -1), first.Field);
        Assert.Equal(48, first.Cell);
    }

    [Fact]
    public void Receptive_fields_are_what_a_change_of_a_pixel_reaches()
    {
        Topology topology = new([[1, 1], [1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]], Head.Create(2, 2, 2, 2));
        using OnesWeights weights = new(topology);
        Network network = Network.FromWeights(weights);
        using ReferenceBackend backend = new();
        const int side = 64;
        foreach (string name in (string[])["block1_conv1", "block1_conv2", "block1_pool", "block2_conv2", "block3_conv1"])
        {
            Layer layer = network.Topology.Find(name)!;
            ReceptiveField field = ReceptiveField.Of(network.Topology, layer, side);
            using INetworkProgram program = backend.Compile(network, new ProgramSpec { Taps = [new TapSpec(layer)], Batch = 1, Height = side, Width = side, NeedsGradient = false, Preprocessing = Preprocessing.Raw });
            using ITensor input = backend.Allocate(program.InputShape);
            int rows = program.Tap.Shape.H;
            int place = rows / 2;
            for (int y = 0; y < side; y++)
            {
                double[] picture = new double[side * side * 3];
                picture[((y * side) + (place * field.Stride)) * 3] = 1;
                backend.Upload(input, picture);
                program.Forward(input);
                double[] values = new double[program.Tap.Shape.Count];
                backend.Download(program.Tap, values.AsSpan());
                bool isSeen = values[(place * program.Tap.Shape.W) + place] > 0;
                int from = field.Start + (place * field.Stride);
                Assert.True(isSeen == (y >= from && y < from + field.Size), $"{name}: row {y}, field {from} to {from + field.Size - 1}");
            }
        }

        Topology imageNet = Topology.ImageNet;
        Assert.Equal(196, ReceptiveField.Of(imageNet, imageNet.Find("block5_conv3")!, 224).Size);
        Assert.Equal(new ReceptiveField(224, 224, 0), ReceptiveField.Of(imageNet, imageNet.Find("fc1")!, 224));
    }

    [Fact]
    public void A_bad_picture_is_told_and_the_rest_is_done()
    {
        File.WriteAllText(_shell.PathOf("photos/bad.png"), "no picture");
        Outcome outcome = _shell.Run("examples", "~/photos", "--weights", "~/net.h5", "--device", "cpu", "--layers", "block1_conv1", "--out", "~/x");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("bad.png", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 15 pictures could not be read", outcome.Error, StringComparison.Ordinal);
        ExamplesFile found = ExamplesFile.Read(_shell.PathOf("x"));
        Assert.Equal((14, 1), (found.Pictures, found.Faults.Count));
        _shell.Run("examples", "~/photos/bad.png", "--weights", "~/net.h5", "--device", "cpu", "--out", "~/y").Failed(3, "bad.png");
        Assert.False(Directory.Exists(_shell.PathOf("y")));
        _shell.Run("examples", "~/photos", "--weights", "~/net.h5", "--device", "cpu", "--layers", "block9").Failed(2, "no layer 'block9'");
    }

    [Fact]
    public void The_report_shows_them_beside_what_was_drawn()
    {
        _shell.Run("sweep", "--weights", "~/net.h5", "--device", "cpu", "--layers", "predictions", "--iterations", "2", "--out", "~/s").Succeeded();
        _shell.Run("examples", "~/photos", "--weights", "~/net.h5", "--device", "cpu", "--layers", "predictions", "--out", "~/s/examples").Succeeded();
        _shell.Run("report", "~/s").Succeeded();
        AngleSharp.Html.Dom.IHtmlDocument page = new HtmlParser().ParseDocument(File.ReadAllText(_shell.PathOf("s/report/units/predictions/0002.html")));
        Assert.Equal("../../patches/predictions/0002.webp", page.QuerySelector("img.patches")!.GetAttribute("src"));
        Assert.Equal(File.ReadAllBytes(_shell.PathOf("s/examples/patches/predictions/0002.webp")), File.ReadAllBytes(_shell.PathOf("s/report/patches/predictions/0002.webp")));
        Assert.Equal(9, page.QuerySelectorAll("section[aria-labelledby=examples] tbody tr").Length);
        Assert.Contains("14 pictures", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("other weights", File.ReadAllText(_shell.PathOf("s/report/index.html")), StringComparison.Ordinal);
    }

    /// <summary>Every weight 1, every bias 0: what is above 0 has been reached.</summary>
    private sealed class OnesWeights(Topology topology) : IWeightSource
    {
        private readonly HeWeights _shapes = new(topology, 1);

        public string Name => "ones";

        public IReadOnlyList<LayerWeights> Layers => _shapes.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default) =>
            destination.Fill(part == WeightPart.Kernel ? 1 : 0);

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose() => _shapes.Dispose();
    }
}
