namespace VggCuda.Engine.Backends;

/// <summary>A device that cannot be used: missing, without its libraries, or failed.</summary>
public class DeviceException : Exception
{
    /// <summary>Creates the exception with a message fit to be shown to a user.</summary>
    public DeviceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The device has not enough memory. Nothing is lost: ask for less and go on.</summary>
public sealed class DeviceMemoryException : DeviceException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, what is free, what would fit.</param>
    /// <param name="requested">Bytes asked for.</param>
    /// <param name="available">Bytes free, or null where unknown.</param>
    /// <param name="inner">The device's own failure.</param>
    public DeviceMemoryException(string message, long requested, long? available, Exception? inner = null)
        : base(message, inner)
    {
        Requested = requested;
        Available = available;
    }

    /// <summary>Bytes asked for.</summary>
    public long Requested { get; }

    /// <summary>Bytes free, or null where unknown.</summary>
    public long? Available { get; }
}
