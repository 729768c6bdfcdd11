namespace VggCuda.Engine.Files;

/// <summary>What there is under a path.</summary>
internal enum FileKind
{
    Missing,

    File,

    Folder,

    /// <summary>Such as <c>/dev/null</c>.</summary>
    CharacterDevice,

    Pipe,

    /// <summary>A disk.</summary>
    BlockDevice,

    Socket,
}
