using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Objectives;

/// <summary>
/// The small language of objectives: <c>predictions:20 - 0.5*predictions:71</c>, <c>block4_conv2:133@7,7</c>, <c>block5_conv3</c>.
/// </summary>
/// <remarks>
/// <code>
/// sum    = [+|-] term { (+|-) term }
/// term   = [ number * ] thing
/// thing  = layer                          the mean square of all its values
///        | layer : unit                   a channel's mean, a unit, a class's logit; classes by number or name
///        | layer : channel @ row , column one value of a map; @middle its middle
///        | probability ( unit )           of a class
///        | direction ( layer , channel = number { , channel = number } [ , power = number ] )
///        | interpolation ( layer , unit , unit )
///        | diversity ( layer ) | alignment ( layer )
///        | caricature ( layer ) | likeness ( layer )   of the guide
/// </code>
/// Names with other characters than letters, digits and _ stand in single quotes.
/// </remarks>
public sealed class ObjectiveText
{
    private const int MostCharacters = 4096;
    private const int MostTerms = 64;
    private readonly string _text;
    private readonly int _pictures;
    private readonly Network _network;
    private readonly Func<string, int?> _classOf;
    private int _place;

    private ObjectiveText(string text, int pictures, Network network, Func<string, int?> classOf)
    {
        _text = text;
        _pictures = pictures;
        _network = network;
        _classOf = classOf;
    }

    /// <summary>Reads an objective.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pictures">How many pictures are drawn of it; those of <c>diversity</c>, <c>alignment</c> and <c>interpolation</c> are one group.</param>
    /// <param name="network">Where layers, channels and classes are.</param>
    /// <param name="classOf">The number of a class by its name, or null where there is none such.</param>
    /// <exception cref="PlanException">It cannot be read; the message says where and what was expected there.</exception>
    public static Objective Parse(string text, int pictures, Network network, Func<string, int?> classOf)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(classOf);
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        return text.Length > MostCharacters
            ? throw new PlanException($"The objective has {text.Length} characters; at most {MostCharacters} are read.")
            : new ObjectiveText(text, pictures, network, classOf).Sum();
    }

    private Objective Sum()
    {
        ImmutableArray<Objective>.Builder terms = ImmutableArray.CreateBuilder<Objective>();
        double sign = Takes('-') ? -1 : Takes('+') ? 1 : 1;
        terms.Add(Term(sign));
        while (!IsAtEnd)
        {
            sign = Takes('+') ? 1 : Takes('-') ? -1 : throw Wrong("'+', '-' or its end was expected");
            if (terms.Count == MostTerms)
            {
                throw Wrong($"at most {MostTerms} terms are read");
            }

            terms.Add(Term(sign));
        }

        return terms.Count == 1 && terms[0].Weight == 1 ? terms[0] : new SumObjective { Terms = terms.ToImmutable() };
    }

    private Objective Term(double sign)
    {
        int start = Skip();
        if (start < _text.Length && (char.IsAsciiDigit(_text[start]) || _text[start] == '.'))
        {
            double factor = Number("a number");
            if (Takes('*'))
            {
                return Thing() with { Weight = sign * factor };
            }

            // A layer may be named by its index.
            _place = start;
        }

        return Thing() with { Weight = sign };
    }

    private Objective Thing()
    {
        int start = Skip();
        string name = Word("a layer, or one of probability, direction, interpolation, diversity, alignment, caricature, likeness,");
        if (Takes('('))
        {
            Objective made = name switch
            {
                "probability" => Probability(),
                "direction" => Direction(),
                "interpolation" => Interpolation(),
                "diversity" => new DiversityObjective { Layer = Layer().Name, Group = Coupled(start, name) },
                "alignment" => new AlignmentObjective { Layer = Layer().Name, Group = Coupled(start, name) },
                "caricature" => new CaricatureObjective { Layer = Layer().Name },
                "likeness" => new LikenessObjective { Layer = Layer().Name },
                _ => throw Wrong(start, $"'{name}' is none of probability, direction, interpolation, diversity, alignment, caricature and likeness"),
            };
            Expect(')');
            return made;
        }

        Layer layer = LayerCalled(name, start);
        if (!Takes(':'))
        {
            return new LayerObjective { Layer = layer.Name };
        }

        int channel = Unit(layer);
        if (!Takes('@'))
        {
            return new ChannelObjective { Layer = layer.Name, Channels = [.. Enumerable.Repeat(ImmutableArray.Create(channel), _pictures)] };
        }

        return new NeuronObjective { Layer = layer.Name, Neurons = [.. Enumerable.Repeat(Position(layer, channel), _pictures)] };
    }

    private ChannelObjective Probability()
    {
        Layer classifier = _network.Topology.Classifier ?? throw Wrong("these weights have no classes");
        int channel = Unit(classifier);
        return new ChannelObjective { Layer = classifier.Name, Channels = [.. Enumerable.Repeat(ImmutableArray.Create(channel), _pictures)], Top = TopActivation.Softmax };
    }

    private DirectionObjective Direction()
    {
        Layer layer = Layer();
        ImmutableArray<int>.Builder channels = ImmutableArray.CreateBuilder<int>();
        ImmutableArray<double>.Builder values = ImmutableArray.CreateBuilder<double>();
        double power = 0;
        while (Takes(','))
        {
            int start = Skip();
            if (start < _text.Length && char.IsAsciiLetter(_text[start]) && Word("a channel or 'power'") == "power")
            {
                Expect('=');
                power = Number("the power");
                continue;
            }

            _place = start;
            int channel = Unit(layer);
            if (channels.Contains(channel))
            {
                throw Wrong(start, $"channel {channel} stands there twice");
            }

            channels.Add(channel);
            values.Add(Takes('=') ? Signed() : 1);
        }

        return channels.Count == 0
            ? throw Wrong("',' and a channel was expected, as in direction(block4_conv2, 3=1, 7=-0.5)")
            : new DirectionObjective { Layer = layer.Name, Channels = channels.ToImmutable(), Values = values.ToImmutable(), Power = power };
    }

    private InterpolationObjective Interpolation()
    {
        int start = _place;
        Layer layer = Layer();
        Expect(',');
        int from = Unit(layer);
        Expect(',');
        int to = Unit(layer);
        return new InterpolationObjective { Layer = layer.Name, From = from, To = to, Steps = Coupled(start, "interpolation") };
    }

    private int Coupled(int start, string name) => _pictures >= 2
        ? _pictures
        : throw Wrong(start, $"'{name}' is about several pictures, and only one is drawn: give --count 2 or more");

    private Neuron Position(Layer layer, int channel)
    {
        int start = Skip();
        if (layer.Kind == LayerKind.Dense)
        {
            throw Wrong(start, $"'{layer.Name}' is a dense layer, whose units have no position");
        }

        if (start < _text.Length && char.IsAsciiLetter(_text[start]))
        {
            return Word("a row or 'middle'") == "middle" ? new Neuron(channel) : throw Wrong(start, "a row and a column, as in @7,7, or 'middle' was expected");
        }

        int row = Whole("a row");
        Expect(',');
        return new Neuron(channel, row, Whole("a column"));
    }

    private Layer Layer()
    {
        int start = Skip();
        return LayerCalled(Word("a layer"), start);
    }

    private Layer LayerCalled(string name, int start)
    {
        Layer layer = _network.Topology.Find(name)
            ?? throw Wrong(start, $"there is no layer '{name}'; layers are {string.Join(", ", _network.Topology.Layers.Where(l => l.CanBeTapped).Select(l => l.Name))}");
        return layer.CanBeTapped ? layer : throw Wrong(start, $"'{layer.Name}' has no filters to look at");
    }

    private int Unit(Layer layer)
    {
        int start = Skip();
        string word = Word(layer.IsClassifier ? "a class" : "a channel");
        if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int channel))
        {
            int? named = layer.IsClassifier ? _classOf(word) : null;
            channel = named ?? throw Wrong(start, layer.IsClassifier ? $"there is no class '{word}'" : $"'{word}' is no channel; those of '{layer.Name}' are 0 to {layer.Outputs - 1}");
        }

        return channel < layer.Outputs
            ? channel
            : throw Wrong(start, $"'{layer.Name}' has no {(layer.IsClassifier ? "class" : "channel")} {channel}; {(layer.IsClassifier ? "they" : "its channels")} are 0 to {layer.Outputs - 1}");
    }

    private double Signed() => Takes('-') ? -Number("a number") : Number("a number");

    private int Whole(string what)
    {
        int start = Skip();
        string word = Word(what);
        return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Wrong(start, $"{what} was expected, a whole number from 0 on");
    }

    private double Number(string what)
    {
        int start = Skip();
        int end = start;
        while (end < _text.Length && (char.IsAsciiDigit(_text[end]) || _text[end] == '.' || IsExponent(end, start)))
        {
            end++;
        }

        if (!double.TryParse(_text.AsSpan(start, end - start), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
        {
            throw Wrong(start, $"{what} was expected");
        }

        _place = end;
        return value;

        bool IsExponent(int at, int first) => at > first && (_text[at] is 'e' or 'E' || (_text[at] is '+' or '-' && _text[at - 1] is 'e' or 'E'));
    }

    private string Word(string what)
    {
        int start = Skip();
        if (start < _text.Length && _text[start] == '\'')
        {
            int close = _text.IndexOf('\'', start + 1);
            if (close < 0)
            {
                throw Wrong(start, "the name that begins here has no closing quote");
            }

            _place = close + 1;
            return _text[(start + 1)..close];
        }

        int end = start;
        while (end < _text.Length && (char.IsLetterOrDigit(_text[end]) || _text[end] == '_'))
        {
            end++;
        }

        if (end == start)
        {
            throw Wrong(start, $"{what} was expected");
        }

        _place = end;
        return _text[start..end];
    }

    private bool IsAtEnd => Skip() == _text.Length;

    private int Skip()
    {
        while (_place < _text.Length && char.IsWhiteSpace(_text[_place]))
        {
            _place++;
        }

        return _place;
    }

    private bool Takes(char sign)
    {
        bool found = Skip() < _text.Length && _text[_place] == sign;
        _place += found ? 1 : 0;
        return found;
    }

    private void Expect(char sign)
    {
        if (!Takes(sign))
        {
            throw Wrong($"'{sign}' was expected");
        }
    }

    private PlanException Wrong(string what) => Wrong(Skip(), what);

    private PlanException Wrong(int place, string what)
    {
        string rest = _text[place..Math.Min(_text.Length, place + 16)];
        string where = rest.Length == 0 ? "at its end" : $"at character {place + 1}, '{string.Concat(rest.Select(c => char.IsControl(c) ? '?' : c))}{(place + 16 < _text.Length ? "..." : "")}'";
        return new PlanException($"The objective cannot be read {where}: {what}.");
    }
}
