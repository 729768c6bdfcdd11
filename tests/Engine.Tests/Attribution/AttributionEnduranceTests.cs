using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Tests.Rendering;

namespace VggCuda.Engine.Tests.Attribution;

/// <summary>Many calls in one process; the managed heap is everybody's, so no other test runs beside them.</summary>
[Collection(nameof(EnduranceTests))]
public class AttributionEnduranceTests
{
    [Fact]
    public void A_thousand_calls_leave_nothing_behind()
    {
        using CpuBackend backend = new(1);
        Attributor[] attributors = [.. AttributionMethods.Names.Select(name => new Attributor(backend, TinyNetworks.WithTop, new AttributionPlan { Method = AttributionPropertyTests.Quick(name), Batch = 2 }))];
        int side = attributors[0].Side;
        float[] pictures = Array.ConvertAll(Fixtures.Fixture.Image(2 * side, side, 9), v => (float)v);
        float[] maps = new float[2 * side * side];
        Call(2);
        int live = backend.LiveResources;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Call(72);
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(live, backend.LiveResources);
        Assert.True(growth < 100_000, $"The heap grew by {growth} bytes.");
        foreach (Attributor attributor in attributors)
        {
            attributor.Dispose();
        }

        Assert.Equal(0, backend.LiveResources);

        // 14 methods, one picture and two in turn, so that both sizes of program are used.
        void Call(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                int count = 1 + (i % 2);
                foreach (Attributor attributor in attributors)
                {
                    attributor.Attribute(pictures.AsSpan(0, count * side * side * 3), [], maps.AsSpan(0, count * side * side));
                }
            }
        }
    }
}
