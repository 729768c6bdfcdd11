using VggCuda.Tests.Shared;

namespace VggCuda.Ship.Tests;

/// <summary>Where builds of these tests go: beside the repository's own, which they must not disturb, and kept from run to run.</summary>
internal static class Places
{
    /// <summary>The folder for all of them.</summary>
    public static string Folder { get; } = SourceTree.PathOf("artifacts/ship-tests");

    /// <summary>The command line as these tests are built with it.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "vggcuda.dll");

    /// <summary>The bundled model.</summary>
    public static string Model { get; } = SourceTree.PathOf("models/demo.h5");

    /// <summary>An empty folder there.</summary>
    public static string Empty(string name)
    {
        string folder = Path.Combine(Folder, name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        return folder;
    }
}
