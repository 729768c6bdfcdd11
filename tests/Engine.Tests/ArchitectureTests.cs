using VggCuda.Tests.Shared;

namespace VggCuda.Engine.Tests;

public class ArchitectureTests
{
    [Fact]
    public void The_engine_refers_to_no_other_project_of_ours() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(VggCuda.Engine.Model.Network).Assembly), name => true);
}
