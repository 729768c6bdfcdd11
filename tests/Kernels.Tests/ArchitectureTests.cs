using VggCuda.Tests.Shared;

namespace VggCuda.Kernels.Tests;

public class ArchitectureTests
{
    [Fact]
    public void The_CUDA_backend_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(VggCuda.Kernels.CudaBackend).Assembly), name => name != "VggCuda.Engine");
}
