namespace VggCuda.Hdf5Loader.Format;

/// <summary>Constants of the HDF5 file format (HDF5 File Format Specification, version 3.0) and this reader's limits.</summary>
internal static class Hdf5Layout
{
    /// <summary>An address that points nowhere.</summary>
    public const ulong Undefined = ulong.MaxValue;

    /// <summary>Metadata blocks read of one file. A Keras VGG16 needs some hundreds.</summary>
    public const int MaxBlocks = 50_000;

    /// <summary>Bytes of metadata read of one file.</summary>
    public const int MaxMetadata = 16 << 20;

    /// <summary>Bytes of one metadata block.</summary>
    public const int MaxBlock = 4 << 20;

    /// <summary>Bytes of names and texts decoded of one file: many may share the bytes of one. A VGG16's are some kilobytes, its configuration some ten.</summary>
    public const int MaxText = 8 << 20;

    /// <summary>Links of one group, names of one list.</summary>
    public const int MaxNames = 10_000;

    /// <summary>Soft links followed for one object.</summary>
    public const int MaxHops = 16;

    /// <summary>Depth of any tree and of a path.</summary>
    public const int MaxDepth = 32;

    /// <summary>Chunks of all datasets together.</summary>
    public const int MaxChunks = 1 << 19;

    /// <summary>Decoded bytes of one filtered chunk: the buffers for it must stay below 64 MB together.</summary>
    public const int MaxFilteredChunk = 16 << 20;

    /// <summary>Decoded bytes of the chunks that one value of the first dimension runs through: they are kept, so that reading in order decodes each chunk once.</summary>
    public const int MaxBand = 64 << 20;

    /// <summary>Elements of all tensors together: 8 GiB of float32.</summary>
    public const long MaxElements = 1L << 31;

    /// <summary>The first eight bytes.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    public static class MessageType
    {
        public const int Nil = 0x00;
        public const int Dataspace = 0x01;
        public const int LinkInfo = 0x02;
        public const int Datatype = 0x03;
        public const int Link = 0x06;
        public const int ExternalFiles = 0x07;
        public const int Layout = 0x08;
        public const int Filters = 0x0B;
        public const int Attribute = 0x0C;
        public const int Continuation = 0x10;
        public const int SymbolTable = 0x11;
        public const int AttributeInfo = 0x15;

        /// <summary>The last type that the specification defines.</summary>
        public const int Last = 0x17;
    }
}
