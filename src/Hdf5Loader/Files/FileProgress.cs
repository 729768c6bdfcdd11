namespace VggCuda.Hdf5Loader.Files;

/// <summary>How far a long file operation is.</summary>
/// <param name="Done">Bytes done.</param>
/// <param name="Total">Bytes in all, or null where that is not known.</param>
public readonly record struct FileProgress(long Done, long? Total);
