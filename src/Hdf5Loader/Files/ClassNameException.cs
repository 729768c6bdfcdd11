using System.Collections.Immutable;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>A class name that is unknown, ambiguous or out of range: what a user asked for, not a fault of the program; fit to be shown to a user as it is.</summary>
public sealed class ClassNameException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to give instead.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="candidates">The classes that were meant perhaps.</param>
    public ClassNameException(string message, string asked, ImmutableArray<int> candidates)
        : base(message)
    {
        Asked = asked;
        Candidates = candidates;
    }

    /// <summary>What was asked for.</summary>
    public string Asked { get; }

    /// <summary>The classes that bear the name, or the nearest ones where none does.</summary>
    public ImmutableArray<int> Candidates { get; }
}
