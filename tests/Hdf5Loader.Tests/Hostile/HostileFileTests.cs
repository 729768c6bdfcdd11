namespace VggCuda.Hdf5Loader.Tests.Hostile;

public class HostileFileTests
{
    public static TheoryData<string> Names => [.. HostileFile.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_hostile_file_is_refused_within_bounds(string name)
    {
        HostileFile file = HostileFile.All.Single(f => f.Name == name);
        byte[] bytes = file.Make();
        Assert.NotEqual(Anatomy.Of(file.Base).Bytes, bytes);
        Trial trial = Trial.Run(bytes, name);
        trial.AssertBounded(name);
        if (file.Harmless)
        {
            Assert.Null(trial.Refusal);
            Assert.Equal(Anatomy.Of(file.Base).Digests, trial.Digests);
        }
        else
        {
            Assert.NotNull(trial.Refusal);
            Assert.StartsWith(name, trial.Refusal, StringComparison.Ordinal);
            TestContext.Current.TestOutputHelper?.WriteLine(trial.Refusal);
        }
    }

    [Fact]
    public void There_are_at_least_150_of_them_with_names_of_their_own()
    {
        Assert.True(HostileFile.All.Count >= 150);
        Assert.Distinct(HostileFile.All.Select(f => f.Name));
    }
}
