using System.Globalization;
using VggCuda.Engine.Model;

namespace VggCuda.Cli.Figures;

/// <summary>A network as a figure for an A4 page across: its feature maps from left to right, and below them every layer by name.</summary>
/// <remarks>
/// A map is a box as high as its side is long, to one scale, and as wide as the root of its channels; a dense layer is a bar as high
/// as the root of its units. Each block has a column. The number below a box is Keras's index, which leads to the layer's
/// name, output shape and parameters in the column below.
/// </remarks>
internal sealed class NetworkFigure
{
    /// <summary>A4 across, less 10 mm on both sides: 277 mm in points, margins included.</summary>
    public const double PageWidth = 277 / 25.4 * 72;

    /// <summary>The smallest text, points.</summary>
    public const double TextSize = 9;

    /// <summary>The side that a network without dense layers is drawn for, pixels: the published networks'.</summary>
    public const int OpenSide = 224;

    private const double Width = PageWidth - (2 * SvgWriter.Margin);
    private const double TallestBox = 150;
    private const double WidestBox = 24;
    private const double Leading = 11;
    private const double RowHeight = (2 * Leading) + 5;
    private const double AxisY = 138;
    private const double TableY = 256;
    private const double MostBarPitch = 28;
    private const double BarWidth = 13;
    private const double ColumnGap = 8;
    private const double InputGap = 10;

    // The view is from the front, the right and above: depth runs up and to the right.
    private const double DepthX = 0.24;
    private const double DepthY = 0.15;
    private const string Faint = "#555555";

    private readonly Topology _topology;
    private readonly int _side;
    private readonly Layer[][] _columns;
    private readonly double _pitch;
    private readonly double _widestMap;
    private readonly double _mostUnits;

    private NetworkFigure(Topology topology)
    {
        _topology = topology;
        _side = topology.FixedInputSize ?? OpenSide;
        // Dense layers lie as deep as the last pooling; their column comes after the blocks'.
        _columns = [.. topology.Layers.GroupBy(ColumnOf).Select(column => column.ToArray())];
        _pitch = Width / _columns.Length;
        _widestMap = topology.Widths.Max();
        _mostUnits = topology.Layers.Where(IsVector).Select(l => l.Outputs).DefaultIfEmpty(1).Max();
    }

    private double Height => TableY + (_columns.Max(c => c.Length) * RowHeight) + 8 + (4 * Leading);

    /// <summary>Writes the figure.</summary>
    public static void Write(Topology topology, Stream stream) => new NetworkFigure(topology).Write(stream);

    /// <summary>"224 × 224 × 64", or "4,096" of a vector.</summary>
    public static string ShapeOf(Layer layer, int inputSide)
    {
        int side = Topology.OutputSize(layer, inputSide, inputSide).Height;
        return IsVector(layer) ? Count(layer.Outputs) : $"{side} × {side} × {layer.Outputs}";
    }

    /// <summary>With thousands apart.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static bool IsVector(Layer layer) => layer.Kind is LayerKind.Flatten or LayerKind.Dense;

    private int ColumnOf(Layer layer) => layer.Kind switch
    {
        LayerKind.Flatten or LayerKind.Dense => _topology.Blocks.Length,
        LayerKind.MaxPool => layer.Halvings - 1,
        _ => layer.Halvings,
    };

    private void Write(Stream stream)
    {
        string classes = _topology.Head is { } head ? $", {Count(head.Classes)} classes" : ", without dense layers";
        string open = _topology.FixedInputSize is null ? $"; any input size will do, drawn for {_side} × {_side}" : "";
        string facts = $"Input {_side} × {_side} × 3{classes}, {Count(_topology.ParameterCount)} parameters{open}";
        string layers = string.Join("; ", _topology.Layers.Select(Describe));
        using SvgWriter svg = new(stream, Width, Height, $"{_topology.Name}: {facts}", $"{_topology.Name} from its input to its last layer: {layers}.");
        svg.Text(0, 20, _topology.Name, 20, bold: true);
        svg.Text(0, 36, facts, 11);
        double last = Places(_columns[^1], (_columns.Length - 1) * _pitch)[^1];
        svg.Line(0, AxisY, last, AxisY, "#999999");
        for (int i = 0; i < _columns.Length; i++)
        {
            Draw(svg, _columns[i], i * _pitch);
            Tabulate(svg, _columns[i], i * _pitch, Heading(i));
        }

        Explain(svg, Height - (3 * Leading) + 3);
    }

    private string Describe(Layer layer) => $"{layer.Name}, {ShapeOf(layer, _side)}, {Count(layer.ParameterCount)} parameters";

    private string Heading(int column) => column == _topology.Blocks.Length ? "Dense layers" : column == 0 ? "Input and block 1" : $"Block {column + 1}";

    private void Draw(SvgWriter svg, Layer[] layers, double left)
    {
        double tallest = layers.Max(HeightOf);
        double below = AxisY + (tallest / 2) + (tallest * DepthY / 2) + TextSize + 1;
        foreach ((Layer layer, double x) in layers.Zip(Places(layers, left)))
        {
            svg.StartGroup(layer.Name, Describe(layer));
            double width = WidthOf(layer);
            double height = HeightOf(layer);
            double depth = IsVector(layer) ? 0 : height;
            Box(svg, ColoursOf(layer), x - (depth * DepthX / 2), AxisY - (height / 2) + (depth * DepthY / 2), width, height, depth);
            svg.Text(x - (depth * DepthX / 2) + (width / 2), IsVector(layer) ? AxisY + (height / 2) + TextSize + 1 : below, Index(layer), TextSize, "middle");
            svg.EndGroup();
        }
    }

    // Where each box begins on the axis, on which half of its depth lies before it.
    private double[] Places(Layer[] layers, double left)
    {
        double pitch = Math.Min(MostBarPitch, (_pitch - ColumnGap) / layers.Length);
        double[] places = new double[layers.Length];
        double x = IsVector(layers[0]) ? left : left + (layers.Max(HeightOf) * DepthX / 2);
        for (int i = 0; i < layers.Length; i++)
        {
            places[i] = x;
            x += IsVector(layers[i]) ? pitch : WidthOf(layers[i]) + (layers[i].Kind == LayerKind.Input ? InputGap : 0);
        }

        return places;
    }

    private static void Box(SvgWriter svg, (string Front, string Top, string Right) colours, double x, double y, double width, double height, double depth)
    {
        double dx = depth * DepthX;
        double dy = depth * DepthY;
        if (depth > 0)
        {
            svg.Polygon(colours.Top, (x, y), (x + dx, y - dy), (x + width + dx, y - dy), (x + width, y));
            svg.Polygon(colours.Right, (x + width, y), (x + width + dx, y - dy), (x + width + dx, y + height - dy), (x + width, y + height));
        }

        svg.Polygon(colours.Front, (x, y), (x + width, y), (x + width, y + height), (x, y + height));
    }

    private void Tabulate(SvgWriter svg, Layer[] layers, double left, string heading)
    {
        double right = left + _pitch - ColumnGap;
        svg.Text(left, TableY, heading, 10, bold: true);
        svg.Line(left, TableY + 4, right, TableY + 4, "#999999");
        double y = TableY + 16;
        foreach (Layer layer in layers)
        {
            string parameters = Count(layer.ParameterCount);
            double indent = left + 14;
            svg.Text(left, y, Index(layer), TextSize, fill: Faint);
            svg.Text(indent, y, layer.Name, TextSize, room: right - indent - TextWidth.Of(parameters, TextSize) - 4);
            svg.Text(right, y, parameters, TextSize, "end");
            svg.Text(indent, y + Leading, ShapeOf(layer, _side), TextSize, fill: Faint);
            y += RowHeight;
        }
    }

    private void Explain(SvgWriter svg, double y)
    {
        double x = 0;
        IEnumerable<Layer> kinds = _topology.Layers.DistinctBy(NameOfKind);
        foreach (Layer layer in kinds)
        {
            string name = NameOfKind(layer);
            Box(svg, ColoursOf(layer), x, y - 7.5, 9, 8, 0);
            svg.Text(x + 13, y, name, TextSize);
            x += 13 + TextWidth.Of(name, TextSize) + 18;
        }

        string bars = _topology.Head is null ? "" : "; bars: height as the square root of the units";
        svg.Text(0, y + Leading + 3, $"Boxes: height in proportion to the map's side, width as the square root of its channels{bars}. Numbers: Keras's index.", TextSize, fill: Faint);
        svg.Text(0, y + (2 * Leading) + 3, "Of each layer: its name and parameters, below them the shape of its output.", TextSize, fill: Faint);
    }

    private double HeightOf(Layer layer) => IsVector(layer)
        ? Math.Max(2, TallestBox * Math.Sqrt(layer.Outputs / _mostUnits))
        : TallestBox * Topology.OutputSize(layer, _side, _side).Height / _side;

    // Never narrower than the number below it.
    private double WidthOf(Layer layer) => IsVector(layer)
        ? BarWidth
        : Math.Max(WidestBox * Math.Sqrt(Math.Min(1, layer.Outputs / _widestMap)), TextWidth.Of(Index(layer), TextSize) + 1.5);

    private static string Index(Layer layer) => layer.Index.ToString(CultureInfo.InvariantCulture);

    private static string NameOfKind(Layer layer) => layer.Kind switch
    {
        LayerKind.Input => "input",
        LayerKind.Convolution => "convolution 3 × 3, ReLU",
        LayerKind.MaxPool => "max pooling 2 × 2",
        LayerKind.Flatten => "flattened",
        _ when layer.IsClassifier => "dense, softmax",
        _ => "dense, ReLU",
    };

    private static (string Front, string Top, string Right) ColoursOf(Layer layer) => layer.Kind switch
    {
        LayerKind.Input => ("#d9d9d9", "#eeeeee", "#bdbdbd"),
        LayerKind.Convolution => ("#a6cbe8", "#cfe3f3", "#7fb0d6"),
        LayerKind.MaxPool => ("#c8553d", "#dd8a76", "#a03f2a"),
        LayerKind.Flatten => ("#f4f4f4", "#f4f4f4", "#f4f4f4"),
        _ when layer.IsClassifier => ("#3a7d44", "#5f9c68", "#2c6134"),
        _ => ("#a8d5a2", "#cbe7c7", "#84bd7d"),
    };
}
