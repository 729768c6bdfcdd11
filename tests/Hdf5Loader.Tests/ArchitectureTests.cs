using VggCuda.Tests.Shared;

namespace VggCuda.Hdf5Loader.Tests;

public class ArchitectureTests
{
    [Fact]
    public void The_loader_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(VggCuda.Hdf5Loader.KerasWeights).Assembly), name => name != "VggCuda.Engine");
}
