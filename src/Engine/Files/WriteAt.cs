namespace VggCuda.Engine.Files;

/// <summary>Writes bytes at a place of a file; from several threads at once, where the places do not overlap.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="offset">Where the first of them goes, from the file's beginning.</param>
/// <exception cref="FileWriteException">The system refused.</exception>
public delegate void WriteAt(ReadOnlySpan<byte> bytes, long offset);
