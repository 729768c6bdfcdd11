using VggCuda.Engine.Attribution;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    public static TheoryData<string> AttributionNames => [.. AttributionCase.All.Keys];

    [Fact]
    public void Every_attribution_method_is_in_the_contract() => Assert.Equal(AttributionMethods.Names.Order(), AttributionCase.All.Keys.Order());

    [Theory]
    [MemberData(nameof(AttributionNames))]
    public void A_map_is_the_references(string name)
    {
        double[] expected = AttributionCase.Run(Reference, name, Precision, 2);
        Assert.Contains(expected, v => v != 0);
        CloseInNorm(expected, AttributionCase.Run(Backend, name, Precision, 2), GradientTolerance, name);
    }

    [Theory]
    [MemberData(nameof(AttributionNames))]
    public void A_map_does_not_depend_on_the_batch(string name)
    {
        double[] together = AttributionCase.Run(Backend, name, Precision, 2);
        double[] alone = [.. Enumerable.Range(0, 2).SelectMany(i => AttributionCase.Run(Backend, name, Precision, 1, i, 1))];
        SameBits(alone, together, name);
    }
}
