using VggCuda.Tests.Shared;

namespace VggCuda.Native.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Native", "VggCuda.Native");

    // Lowest first; a folder uses only what stands above it.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Abi", []),
        ("Handles", ["Abi"]),
        ("Resources", ["Abi", "Handles"]),
        ("Exports", ["Abi", "Handles", "Resources"]),
    ];

    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed);

    [Fact]
    public void The_document_shows_the_arrows_as_they_are() => Arrows.RequireDocumented(Allowed);
}
