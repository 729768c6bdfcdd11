namespace VggCuda.Native.Abi;

/// <summary>vgg_status.</summary>
internal enum Status
{
    Ok = 0,
    Argument = 1,
    Handle = 2,
    Busy = 3,
    Buffer = 4,
    Plan = 5,
    Weights = 6,
    Device = 7,
    Memory = 8,
    Numbers = 9,
    Cancelled = 10,
    Forked = 11,
    Internal = 12,
}

/// <summary>A call that fails with a status of its own.</summary>
internal sealed class StatusException(Status status, string message) : Exception(message)
{
    public Status Status { get; } = status;

    public static StatusException Argument(string message) => new(Status.Argument, message);
}
