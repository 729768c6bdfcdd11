using VggCuda.Tests.Shared;

namespace VggCuda.Engine.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Engine", "VggCuda.Engine");

    // Lowest first; a folder uses only what stands above it.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Hashing", []),
        ("Files", ["Hashing"]),
        ("Randomness", []),
        ("Model", ["Hashing"]),
        ("Backends", ["Model"]),
        ("Backends/Reference/Layers", ["Model", "Backends"]),
        ("Backends/Reference", ["Model", "Backends", "Backends/Reference/Layers"]),
        ("Backends/Cpu", ["Model", "Backends"]),
        ("Images", ["Hashing", "Randomness", "Backends"]),
        ("Display", ["Images"]),
        ("Stages", ["Randomness", "Backends"]),
        ("Regularizers", ["Backends"]),
        ("Optimizers", ["Backends"]),
        ("Objectives", ["Model", "Backends"]),
        ("Plans", ["Randomness", "Model", "Backends", "Images", "Display", "Stages", "Regularizers", "Optimizers", "Objectives"]),
        ("Attribution", ["Randomness", "Model", "Backends", "Images"]),
        ("Rendering", ["Model", "Backends", "Display", "Stages", "Regularizers", "Optimizers", "Objectives", "Plans"]),
        ("Verdicts", ["Model", "Backends", "Stages", "Objectives", "Plans", "Rendering"]),
    ];

    [Fact]
    public void The_engine_refers_to_no_other_project_of_ours() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(VggCuda.Engine.Model.Network).Assembly), name => true);

    // The CPU backend is one thing in many files; a stage is a stage, before the picture or after it.
    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed, "Backends/Cpu", "Stages");

    [Fact]
    public void The_document_shows_the_arrows_as_they_are() => Arrows.RequireDocumented(Allowed);
}
