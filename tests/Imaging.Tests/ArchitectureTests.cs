using VggCuda.Tests.Shared;

namespace VggCuda.Imaging.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Imaging", "VggCuda.Imaging");

    // Lowest first; a folder uses only what stands above it.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Containers", []),
        ("Jpeg", ["Containers"]),
        (FolderArrows.Top, ["Containers", "Jpeg"]),
    ];

    [Fact]
    public void Imaging_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(Picture).Assembly), name => name != "VggCuda.Engine");

    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed);

    [Fact]
    public void The_document_shows_the_arrows_as_they_are() => Arrows.RequireDocumented(Allowed);
}
