using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Hdf5Loader", "VggCuda.Hdf5Loader");

    // Lowest first; a folder uses only what stands above it.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Format", []),
        ("Keras", ["Format"]),
        (FolderArrows.Top, ["Format", "Keras"]),
        ("Files", ["Format", "Keras", FolderArrows.Top]),
    ];

    [Fact]
    public void The_loader_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(VggCuda.Hdf5Loader.KerasWeights).Assembly), name => name != "VggCuda.Engine");

    /// <summary>A mapped file that another program shortens ends the process that mapped it, and nothing can catch that.</summary>
    [Fact]
    public void No_file_is_mapped()
    {
        string source = Path.Combine(Root(), "src");
        string[] files = [.. Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)];
        Assert.True(files.Length > 100, $"{files.Length} sources in {source}");
        Assert.All(files, file => Assert.DoesNotMatch("MemoryMapped|[\"( ]mmap[\"(]", File.ReadAllText(file)));

        static string Root()
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "VggCuda.sln")))
            {
                folder = folder.Parent;
            }

            return folder!.FullName;
        }
    }

    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed);

    [Fact]
    public void The_document_shows_the_arrows_as_they_are() => Arrows.RequireDocumented(Allowed);
}
