using System.Globalization;
using System.Text;
using System.Xml;

namespace VggCuda.Cli.Figures;

/// <summary>Writes a figure as SVG 1.1, in points. The same figure makes the same bytes.</summary>
internal sealed class SvgWriter : IDisposable
{
    /// <summary>White all around the figure, points.</summary>
    public const double Margin = 4;

    private const double MillimetresPerPoint = 25.4 / 72;
    private const string Outline = "#333333";

    private readonly XmlWriter _xml;

    /// <summary>Begins the figure, on a white ground.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="width">Points, without the margins.</param>
    /// <param name="height">Points, without the margins.</param>
    /// <param name="title">For those who cannot see it, and as the tooltip.</param>
    /// <param name="description">The same in sentences.</param>
    public SvgWriter(Stream stream, double width, double height, string title, string description)
    {
        (width, height) = (width + (2 * Margin), height + (2 * Margin));
        XmlWriterSettings settings = new() { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n", CloseOutput = false };
        _xml = XmlWriter.Create(stream, settings);
        _xml.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        Attributes(
            ("version", "1.1"),
            ("width", Number(width * MillimetresPerPoint) + "mm"),
            ("height", Number(height * MillimetresPerPoint) + "mm"),
            ("viewBox", $"{Number(-Margin)} {Number(-Margin)} {Number(width)} {Number(height)}"),
            ("font-family", "Arial, Helvetica, 'Liberation Sans', sans-serif"),
            ("role", "img"),
            ("aria-labelledby", "title description"));
        Words("title", title, "title");
        Words("desc", description, "description");
        Start("rect", ("x", Number(-Margin)), ("y", Number(-Margin)), ("width", Number(width)), ("height", Number(height)), ("fill", "#ffffff"));
        _xml.WriteEndElement();
    }

    /// <summary>Begins a group with a name and a tooltip.</summary>
    public void StartGroup(string id, string title)
    {
        Start("g", ("id", id));
        Words("title", title, null);
    }

    /// <summary>Ends the group.</summary>
    public void EndGroup() => _xml.WriteEndElement();

    /// <summary>A filled polygon with a thin outline.</summary>
    public void Polygon(string fill, params (double X, double Y)[] corners)
    {
        Start("polygon", ("points", string.Join(' ', corners.Select(c => $"{Number(c.X)},{Number(c.Y)}"))), ("fill", fill), ("stroke", Outline), ("stroke-width", "0.5"), ("stroke-linejoin", "round"));
        _xml.WriteEndElement();
    }

    /// <summary>A thin line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string stroke)
    {
        Start("line", ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)), ("stroke", stroke), ("stroke-width", "0.75"));
        _xml.WriteEndElement();
    }

    /// <summary>A line of text, squeezed where it is wider than there is room.</summary>
    /// <param name="x">Where it starts, has its middle or ends, by the anchor.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="size">Points.</param>
    /// <param name="anchor">start, middle or end.</param>
    /// <param name="bold">Whether it is bold.</param>
    /// <param name="fill">Its colour.</param>
    /// <param name="room">The most points it may take.</param>
    public void Text(double x, double y, string text, double size, string anchor = "start", bool bold = false, string fill = "#1a1a1a", double room = double.PositiveInfinity)
    {
        Start("text", ("x", Number(x)), ("y", Number(y)), ("font-size", Number(size)), ("text-anchor", anchor), ("fill", fill));
        if (bold)
        {
            Attributes(("font-weight", "bold"));
        }

        if (TextWidth.Of(text, size, bold) > room)
        {
            Attributes(("textLength", Number(room)), ("lengthAdjust", "spacingAndGlyphs"));
        }

        _xml.WriteString(Permitted(text));
        _xml.WriteEndElement();
    }

    /// <summary>Ends the figure.</summary>
    public void Dispose()
    {
        _xml.WriteEndElement();
        _xml.WriteEndDocument();
        _xml.Dispose();
    }

    private static string Number(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    // XML 1.0 has no place for control characters and unpaired surrogates, which names in a file may have.
    private static string Permitted(string text)
    {
        StringBuilder? changed = null;
        for (int i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
            {
                continue;
            }

            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                i++;
                continue;
            }

            changed ??= new StringBuilder(text);
            changed[i] = '\uFFFD';
        }

        return changed?.ToString() ?? text;
    }

    private void Start(string element, params (string Name, string Value)[] attributes)
    {
        _xml.WriteStartElement(element);
        Attributes(attributes);
    }

    private void Attributes(params (string Name, string Value)[] attributes)
    {
        foreach ((string name, string value) in attributes)
        {
            _xml.WriteAttributeString(name, Permitted(value));
        }
    }

    private void Words(string element, string text, string? id)
    {
        _xml.WriteStartElement(element);
        if (id is not null)
        {
            Attributes(("id", id));
        }

        _xml.WriteString(Permitted(text));
        _xml.WriteEndElement();
    }
}
