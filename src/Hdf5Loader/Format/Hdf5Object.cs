using System.Collections.Immutable;
using static VggCuda.Hdf5Loader.Format.Hdf5Layout;

namespace VggCuda.Hdf5Loader.Format;

/// <summary>A group or a dataset.</summary>
internal sealed class Hdf5Object
{
    private readonly Hdf5File _file;
    private Dictionary<string, Link>? _links;
    private Dictionary<string, AttributeValue>? _attributes;

    public Hdf5Object(Hdf5File file, ulong address, string path)
    {
        _file = file;
        Path = path;
        Header = ObjectHeader.Read(file.Metadata, address, path.Length == 0 ? "the root group" : $"'{path}'");
    }

    /// <summary>The path by which it was reached, without a leading slash.</summary>
    public string Path { get; }

    public ObjectHeader Header { get; }

    public bool IsDataset => Header.Messages.Any(m => m.Type == MessageType.Layout);

    /// <summary>A dataset's dimensions, looked at leniently: null where they cannot be told.</summary>
    public ImmutableArray<long>? PeekShape()
    {
        try
        {
            return Header.Find(MessageType.Dataspace) is { } message && Dataspace.Parse(message.Data.Span, _file.Metadata.LengthSize, Header.What) is { IsNull: false } space && space.Dimensions.All(d => d <= long.MaxValue)
                ? [.. space.Dimensions.Select(d => (long)d)]
                : null;
        }
        catch (Hdf5Exception)
        {
            return null;
        }
    }

    /// <summary>A dataset's type in words, looked at leniently: null where it cannot be told.</summary>
    public string? PeekType()
    {
        try
        {
            return Header.Find(MessageType.Datatype) is not { } message ? null
                : Datatype.Parse(message.Data.Span, Header.What) is { Class: (int)DatatypeClass.Opaque, Size: 2 } && Text("dtype") == "bfloat16" ? "bfloat16"
                : Datatype.Parse(message.Data.Span, Header.What).ToString();
        }
        catch (Hdf5Exception)
        {
            return null;
        }
    }

    /// <summary>What the group holds, by name. Empty for a dataset.</summary>
    public IReadOnlyDictionary<string, Link> Links => _links ??= ReadLinks();

    /// <summary>Finds an attribute.</summary>
    public AttributeValue? FindAttribute(string name) => (_attributes ??= ReadAttributes()).GetValueOrDefault(name);

    /// <summary>A string attribute; null where there is none of that name or it is no string.</summary>
    public string? Text(string attribute) => FindAttribute(attribute)?.Text(_file.GlobalHeap);

    /// <summary>A list of names, which may be split into NAME0, NAME1, ...; null where there is none.</summary>
    public ImmutableArray<string>? Names(string attribute)
    {
        if (FindAttribute(attribute) is AttributeValue whole)
        {
            return Unique(attribute, whole.List(_file.GlobalHeap));
        }

        ImmutableArray<string>.Builder? names = null;
        for (int i = 0; FindAttribute($"{attribute}{i}") is AttributeValue part; i++)
        {
            names ??= ImmutableArray.CreateBuilder<string>();
            names.AddRange(part.List(_file.GlobalHeap));
            if (names.Count > MaxNames)
            {
                throw new Hdf5Exception($"{Header.What} lists more than {MaxNames} names in '{attribute}'; it is no weight file's.");
            }
        }

        return names is null ? null : Unique(attribute, names.ToImmutable());
    }

    private ImmutableArray<string> Unique(string attribute, ImmutableArray<string> names)
    {
        HashSet<string> seen = [];
        foreach (string name in names)
        {
            if (!seen.Add(name))
            {
                throw new Hdf5Exception($"{Header.What} lists '{name}' twice in '{attribute}'; the file is damaged.");
            }
        }

        return names;
    }

    private Dictionary<string, Link> ReadLinks()
    {
        Metadata metadata = _file.Metadata;
        Dictionary<string, Link> links = new(StringComparer.Ordinal);
        if (Header.Find(MessageType.SymbolTable) is HeaderMessage table)
        {
            SymbolTable.ReadLinks(metadata, table.Data.Span, Header.What).ForEach(Add);
        }

        foreach (HeaderMessage message in Header.Messages.Where(m => m.Type == MessageType.Link))
        {
            Add(Link.Parse(metadata, message.Data.Span, Header.What));
        }

        if (Header.Find(MessageType.LinkInfo) is HeaderMessage info)
        {
            foreach (ReadOnlyMemory<byte> message in DenseStorage.Links(metadata, info.Data.Span, Header.What))
            {
                Add(Link.Parse(metadata, message.Span, Header.What));
            }
        }

        return links;

        void Add(Link link)
        {
            if (!links.TryAdd(link.Name, link))
            {
                throw new Hdf5Exception($"{Header.What} has two links named '{link.Name}'; the file is damaged.");
            }

            if (links.Count > MaxNames)
            {
                throw new Hdf5Exception($"{Header.What} has more than {MaxNames} links; it is no weight file's.");
            }
        }
    }

    private Dictionary<string, AttributeValue> ReadAttributes()
    {
        Metadata metadata = _file.Metadata;
        Dictionary<string, AttributeValue> attributes = new(StringComparer.Ordinal);
        foreach (HeaderMessage message in Header.Messages.Where(m => m.Type == MessageType.Attribute && !m.IsShared))
        {
            Add(AttributeValue.Parse(metadata, message.Data, Header.What));
        }

        if (Header.Find(MessageType.AttributeInfo) is HeaderMessage info)
        {
            foreach (ReadOnlyMemory<byte> message in DenseStorage.Attributes(metadata, info.Data.Span, Header.What))
            {
                Add(AttributeValue.Parse(metadata, message, Header.What));
            }
        }

        return attributes;

        void Add(AttributeValue attribute)
        {
            if (!attributes.TryAdd(attribute.Name, attribute))
            {
                throw new Hdf5Exception($"{Header.What} has two attributes named '{attribute.Name}'; the file is damaged.");
            }
        }
    }
}
