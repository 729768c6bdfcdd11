using System.Reflection;
using VggCuda.Tests.Shared;

namespace VggCuda.Cli.Tests;

public class ArchitectureTests
{
    private static readonly FolderArrows Arrows = new("src/Cli", "VggCuda.Cli");

    // Lowest first; a folder uses only what stands above it.
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Hosting", []),
        ("Devices", ["Hosting"]),
        ("Networks", ["Hosting"]),
        ("Output", ["Hosting"]),
        ("Progress", ["Hosting"]),
        ("Viewing", ["Hosting", "Progress"]),
        ("Figures", []),
        ("Verdicts", ["Hosting", "Devices", "Networks", "Output", "Viewing"]),
        ("Drawing", ["Hosting", "Networks", "Output", "Progress", "Verdicts"]),
        ("Attribution", ["Hosting", "Devices", "Networks", "Output"]),
        ("Weights", ["Hosting", "Output", "Progress"]),
        ("Sweeps/Format", ["Hosting"]),
        ("Sweeps", ["Hosting", "Devices", "Networks", "Output", "Progress", "Verdicts", "Drawing", "Sweeps/Format"]),
        ("Examples", ["Hosting", "Devices", "Networks", "Output", "Viewing"]),
        ("Reports", ["Hosting", "Output", "Progress", "Verdicts", "Drawing", "Attribution", "Sweeps/Format", "Examples"]),
        ("Commands", ["Hosting", "Devices", "Networks", "Output", "Progress", "Figures", "Verdicts", "Drawing"]),
        ("Shells", ["Hosting"]),
        (FolderArrows.Top, ["Hosting", "Verdicts", "Attribution", "Weights", "Sweeps", "Examples", "Reports", "Commands", "Shells"]),
    ];

    [Fact]
    public void The_command_line_draws_and_computes_nothing_itself()
    {
        string?[] references = [.. Assembly.Load("vggcuda").GetReferencedAssemblies().Select(a => a.Name)];
        Assert.DoesNotContain("SixLabors.ImageSharp", references);
        Assert.DoesNotContain("PureHDF", references);
    }

    [Fact]
    public void Folders_use_only_what_lies_below_them() => Arrows.RequireAllowed(Allowed);

    [Fact]
    public void The_document_shows_the_arrows_as_they_are() => Arrows.RequireDocumented(Allowed);
}
