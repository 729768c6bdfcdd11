using VggCuda.Tests.Shared;

namespace VggCuda.Imaging.Tests;

public class ArchitectureTests
{
    [Fact]
    public void Imaging_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(Picture).Assembly), name => name != "VggCuda.Engine");
}
