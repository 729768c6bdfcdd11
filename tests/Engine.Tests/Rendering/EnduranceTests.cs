using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>Runs while no other test does: the managed heap is everybody's.</summary>
[CollectionDefinition(nameof(EnduranceTests), DisableParallelization = true)]
[Collection(nameof(EnduranceTests))]
public class EnduranceTests
{
    [Fact]
    public void Two_hundred_renders_in_one_process_leave_nothing_behind()
    {
        using ReferenceBackend backend = new();
        Renderer renderer = new(backend);
        RenderPlan classes = TinyNetworks.Plan(1, 2);
        RenderPlan filters = Presets.KerasVis("block3_conv1", [[1]], [7u], 40, 33, 2);
        Render(20);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Render(200);
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(0, backend.LiveResources);

        // One leaked image or network of these plans has some 100 kB; two hundred would be 20 MB.
        Assert.True(growth < 1_000_000, $"The heap grew by {growth} bytes.");

        void Render(int times)
        {
            for (int i = 0; i < times; i++)
            {
                if (i % 2 == 0)
                {
                    renderer.Render(TinyNetworks.WithTop, classes);
                }
                else
                {
                    renderer.Render(TinyNetworks.WithoutTop, filters);
                }
            }
        }
    }
}
