using VggCuda.Tests.Shared;

namespace VggCuda.Imaging.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Imaging", "VggCuda.Imaging");

    // One folder so far, so no arrows; docs/architecture.md says so in words.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        (FolderArrows.Top, []),
    ];

    [Fact]
    public void Imaging_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(Picture).Assembly), name => name != "VggCuda.Engine");

    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed);
}
