namespace VggCuda.Hdf5Loader.Format;

/// <summary>Something in a file that the format forbids, that this reader does not take, or that exceeds a limit. Becomes a WeightsException with the file's name.</summary>
internal sealed class Hdf5Exception : Exception
{
    public Hdf5Exception(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    private Hdf5Exception(Hdf5Exception cause, string layer)
        : base(cause.Message, cause) => Layer = layer;

    /// <summary>The layer concerned, where it is known.</summary>
    public string? Layer { get; }

    /// <summary>The same, to be thrown once more.</summary>
    public Hdf5Exception Again() => Layer is null ? new Hdf5Exception(Message, this) : new Hdf5Exception(this, Layer);

    /// <summary>The same, naming the layer.</summary>
    public Hdf5Exception In(string layer) => Layer is null ? new Hdf5Exception(this, layer) : this;
}
