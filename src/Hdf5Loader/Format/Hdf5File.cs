namespace VggCuda.Hdf5Loader.Format;

/// <summary>An HDF5 file's structure, read as it is asked for. For one thread; the datasets that it gives may be read by several.</summary>
internal sealed class Hdf5File
{
    private readonly Dictionary<ulong, Hdf5Object> _objects = [];
    private readonly ulong _root;

    private Hdf5File(Metadata metadata, long userBlock)
    {
        Metadata = metadata;
        GlobalHeap = new GlobalHeap(metadata);
        Superblock superblock = Superblock.Read(metadata, userBlock);
        Version = superblock.Version;
        UserBlock = userBlock;
        _root = superblock.RootHeader;
    }

    public Metadata Metadata { get; }

    public GlobalHeap GlobalHeap { get; }

    /// <summary>Version of the superblock.</summary>
    public int Version { get; }

    /// <summary>Bytes before the superblock.</summary>
    public long UserBlock { get; }

    public Hdf5Object Root => Open(_root, "");

    /// <summary>Opens the structure; the source stays the caller's.</summary>
    /// <param name="source">The whole file.</param>
    /// <returns>The file, or null where there is no HDF5 signature.</returns>
    public static Hdf5File? TryOpen(ByteSource source)
    {
        long userBlock = Superblock.FindSignature(source);
        if (userBlock < 0)
        {
            return null;
        }

        ByteSource part = userBlock == 0 ? source : new PartSource(source, userBlock, source.Length - userBlock);
        return new Hdf5File(new Metadata(part), userBlock);
    }

    /// <summary>Follows a path from a group; null where a name on it does not exist.</summary>
    /// <exception cref="Hdf5Exception">It leads out of the file, or in circles.</exception>
    public Hdf5Object? Find(Hdf5Object group, string path)
    {
        int hops = 0;
        return Walk(group, path, ref hops);
    }

    private Hdf5Object? Walk(Hdf5Object group, string path, ref int hops)
    {
        Hdf5Object at = path.StartsWith('/') ? Root : group;
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length > Hdf5Layout.MaxDepth)
        {
            throw new Hdf5Exception($"the path '{path}' has {names.Length} parts; it is no weight file's.");
        }

        foreach (string name in names)
        {
            if (name == ".")
            {
                continue;
            }

            if (at.IsDataset || !at.Links.TryGetValue(name, out Link? link))
            {
                return null;
            }

            string full = at.Path.Length == 0 ? name : $"{at.Path}/{name}";
            switch (link.Kind)
            {
                case LinkKind.Hard:
                    at = Open(link.Address, full);
                    break;
                case LinkKind.Soft:
                    if (++hops > Hdf5Layout.MaxHops)
                    {
                        throw new Hdf5Exception($"'{full}' is a soft link that leads in a circle.");
                    }

                    Hdf5Object? target = Walk(at, link.Target!, ref hops);
                    if (target is null)
                    {
                        throw new Hdf5Exception($"'{full}' is a soft link to '{link.Target}', which does not exist.");
                    }

                    at = target;
                    break;
                default:
                    throw new Hdf5Exception($"'{full}' is a link into another file. Weights are read from one file only: copy them into it (h5copy), or take the file that was meant.");
            }
        }

        return at;
    }

    private Hdf5Object Open(ulong address, string path)
    {
        if (!_objects.TryGetValue(address, out Hdf5Object? known))
        {
            _objects[address] = known = new Hdf5Object(this, address, path);
        }

        return known;
    }
}
