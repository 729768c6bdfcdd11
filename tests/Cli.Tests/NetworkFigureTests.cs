using System.Globalization;
using System.Xml.Linq;
using VggCuda.Cli.Figures;
using VggCuda.Cli.Tests.Support;
using VggCuda.Engine.Model;

namespace VggCuda.Cli.Tests;

/// <summary><c>summary --svg</c>: what is in the figure, and that it can be read.</summary>
public sealed class NetworkFigureTests : IDisposable
{
    // A4 across with margins of 10 mm.
    private const double PageWidth = 277;
    private const double PageHeight = 190;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    public static TheoryData<string> Networks =>
        [.. Architecture.Known.SelectMany(a => (string[])[a.Name, $"{a.Name}, one channel", $"{a.Name} without dense layers"]), "five dense layers", "one dense layer, wide first block"];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_layer_is_there_with_its_shape_and_parameters(string name)
    {
        Topology topology = Of(name);
        XElement figure = Draw(topology);
        int side = topology.FixedInputSize ?? 224;
        List<string> texts = [.. Texts(figure).Select(t => t.Value)];
        foreach (Layer layer in topology.Layers)
        {
            (int rows, int columns) = Topology.OutputSize(layer, side, side);
            string shape = layer.Kind is LayerKind.Dense or LayerKind.Flatten ? $"{layer.Outputs:N0}" : $"{rows} × {columns} × {layer.Outputs}";
            int place = texts.IndexOf(layer.Name);
            Assert.Equal([$"{layer.Index}", layer.Name, $"{layer.ParameterCount:N0}", shape], texts[(place - 1)..(place + 3)]);
            XElement box = Assert.Single(figure.Elements(Svg + "g"), g => g.Attribute("id")!.Value == layer.Name);
            Assert.Equal($"{layer.Name}, {shape}, {layer.ParameterCount:N0} parameters", box.Element(Svg + "title")!.Value);
        }

        Assert.Equal(topology.Name, texts[0]);
        Assert.Contains($"{topology.ParameterCount:N0} parameters", texts[1], StringComparison.Ordinal);
        Assert.Contains($"{side} × {side} × 3", texts[1], StringComparison.Ordinal);
        Assert.StartsWith(topology.Name, figure.Element(Svg + "title")!.Value, StringComparison.Ordinal);
        Assert.All(topology.Layers, layer => Assert.Contains(layer.Name, figure.Element(Svg + "desc")!.Value, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void No_two_texts_overlap_and_all_lie_on_the_page_at_9_points_or_more(string name)
    {
        XElement figure = Draw(Of(name));
        (double width, double height) = (Number(figure, "width"), Number(figure, "height"));
        Assert.InRange(width, PageWidth - 0.1, PageWidth + 0.1);
        Assert.InRange(height, 1, PageHeight);
        double[] view = [.. figure.Attribute("viewBox")!.Value.Split(' ').Select(Number)];
        Assert.Equal(72 / 25.4, view[2] / width, 1e-3);
        Assert.Equal(72 / 25.4, view[3] / height, 1e-3);
        List<TextBox> boxes = [.. Texts(figure).Select(TextBox.Of)];
        Assert.All(boxes, b => Assert.True(b.Size >= 9 && b.Left >= view[0] && b.Top >= view[1] && b.Right <= view[0] + view[2] && b.Bottom <= view[1] + view[3], $"{b}"));
        for (int i = 0; i < boxes.Count; i++)
        {
            for (int j = i + 1; j < boxes.Count; j++)
            {
                Assert.False(boxes[i].Overlaps(boxes[j]), $"{boxes[i]} lies on {boxes[j]}.");
            }
        }
    }

    [Fact]
    public void Boxes_are_as_high_as_their_maps_sides_and_the_wider_the_more_channels()
    {
        Topology topology = Topology.ImageNet;
        XElement figure = Draw(topology);
        (double Width, double Height)[] fronts = [.. topology.Layers.Where(l => l.Kind is not (LayerKind.Dense or LayerKind.Flatten)).Select(l => Front(figure, l))];
        Assert.All(topology.Layers.Zip(fronts), p => Assert.Equal(fronts[0].Height * Topology.OutputSize(p.First, 224, 224).Height / 224, p.Second.Height, 0.02));
        Assert.True(fronts[1].Width < fronts[4].Width && fronts[4].Width < fronts[7].Width && fronts[7].Width < fronts[11].Width);
        Assert.Equal(2, Front(figure, topology.Find("fc1")!).Height / Front(figure, topology.Classifier!).Height, 0.05);
    }

    [Fact]
    public void The_same_network_makes_the_same_bytes()
    {
        Topology topology = Architecture.Named("VGG19")!.ImageNet;
        Assert.Equal(Bytes(topology), Bytes(topology));
    }

    [Fact]
    public void The_command_writes_the_file_and_prints_no_table()
    {
        Outcome outcome = _shell.Run("summary", "--weights", "demo", "--svg", "~/demo.svg").Succeeded();
        Assert.Equal("", outcome.Out);
        Assert.Contains("demo.svg", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("1,289,968", XDocument.Load(_shell.PathOf("demo.svg")).Root!.Value, StringComparison.Ordinal);
        _shell.Run("summary", "--svg", "~/demo.svg", "--json").Failed(2, "--json", "--svg");
        _shell.Run("summary", "--svg", "~/none/demo.svg").Failed(3, "none", "does not exist");
    }

    [Fact]
    public void Names_with_characters_that_xml_has_no_place_for_are_drawn_without_them()
    {
        Topology topology = new(Topology.ImageNet.Blocks, new Head(7, [("a\u0001b\ud800c\u001bd\uffffe😀", 30), ("what_it_is", 2)]));
        XElement figure = Draw(topology);
        Assert.Contains(Texts(figure), t => t.Value.Contains("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe😀", StringComparison.Ordinal));
    }

    private static Topology Of(string name)
    {
        Topology known = (Architecture.Named(name.Split(',', ' ')[0]) ?? Topology.ImageNet.Architecture).ImageNet;
        return name switch
        {
            "five dense layers" => new Topology(known.Blocks, new Head(7, [("a_hidden_layer_with_quite_a_long_name", 30_000), ("hidden_2", 300), ("hidden_3", 20), ("hidden_4", 7), ("what_it_is", 2)])),
            "one dense layer, wide first block" => new Topology([[4096, 4096], [1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]], Head.Create(1, 2)),
            _ when name.EndsWith("one channel", StringComparison.Ordinal) => new Topology([.. known.Blocks.Select(b => b.Select(_ => 1).ToArray().AsEnumerable()).Select(b => System.Collections.Immutable.ImmutableArray.CreateRange(b))], Head.Create(1, 1, 1, 1)),
            _ when name.EndsWith("without dense layers", StringComparison.Ordinal) => new Topology(known.Blocks, null),
            _ => known,
        };
    }

    private static byte[] Bytes(Topology topology)
    {
        using MemoryStream stream = new();
        NetworkFigure.Write(topology, stream);
        return stream.ToArray();
    }

    private static XElement Draw(Topology topology)
    {
        using MemoryStream stream = new(Bytes(topology));
        return XDocument.Load(stream).Root!;
    }

    private static IEnumerable<XElement> Texts(XElement figure) => figure.Descendants(Svg + "text");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Number(XElement element, string attribute) => Number(element.Attribute(attribute)!.Value.Replace("mm", "", StringComparison.Ordinal));

    // The front is the last polygon: it is drawn over the others.
    private static (double Width, double Height) Front(XElement figure, Layer layer)
    {
        XElement box = figure.Elements(Svg + "g").Single(g => g.Attribute("id")!.Value == layer.Name);
        double[][] corners = [.. box.Elements(Svg + "polygon").Last().Attribute("points")!.Value.Split(' ').Select(c => c.Split(',').Select(Number).ToArray())];
        return (corners.Max(c => c[0]) - corners.Min(c => c[0]), corners.Max(c => c[1]) - corners.Min(c => c[1]));
    }

    private sealed record TextBox(string Text, double Size, double Left, double Top, double Right, double Bottom)
    {
        public static TextBox Of(XElement text)
        {
            double size = Number(text, "font-size");
            double width = text.Attribute("textLength") is { } length ? Number(length.Value) : TextWidth.Of(text.Value, size, text.Attribute("font-weight") is not null);
            double x = Number(text, "x");
            double left = text.Attribute("text-anchor")!.Value switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
            double y = Number(text, "y");
            // Letters reach about three quarters of the size above the base line and a fifth below it.
            return new TextBox(text.Value, size, left, y - (0.75 * size), left + width, y + (0.2 * size));
        }

        public bool Overlaps(TextBox other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
