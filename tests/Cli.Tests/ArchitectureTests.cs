using System.Reflection;

namespace VggCuda.Cli.Tests;

public class ArchitectureTests
{
    [Fact]
    public void The_command_line_draws_and_computes_nothing_itself()
    {
        string?[] references = [.. Assembly.Load("vggcuda").GetReferencedAssemblies().Select(a => a.Name)];
        Assert.DoesNotContain("SkiaSharp", references);
        Assert.DoesNotContain("PureHDF", references);
    }
}
