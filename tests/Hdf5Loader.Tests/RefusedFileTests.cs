using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Tests;

public class RefusedFileTests
{
    public static TheoryData<string> Refused => [.. FixtureFiles.Refused];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Files_that_must_not_be_used_are_refused_and_say_why(string name)
    {
        string expected = FixtureFiles.Entry(name).GetProperty("refused").GetString()!;
        WeightsException failure = Assert.Throws<WeightsException>(() =>
        {
            using KerasWeights weights = KerasWeights.Open(FixtureFiles.Bytes(name), name);
            weights.CheckContents();
        });
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith(name, failure.Message, StringComparison.Ordinal);
    }
}
