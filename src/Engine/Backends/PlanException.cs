namespace VggCuda.Engine.Backends;

/// <summary>What was asked for cannot be drawn or computed: a value is out of its range, or does not fit the network. The message, fit to be shown to a user, says what would.</summary>
/// <remarks>Whoever wrote the plan or the spec can mend it. An <see cref="ArgumentException"/> in its place is a fault of the calling program.</remarks>
public sealed class PlanException : Exception
{
    /// <summary>Creates the exception with a message fit to be shown to a user.</summary>
    public PlanException(string message)
        : base(message)
    {
    }
}
