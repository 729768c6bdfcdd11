using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader.Files;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Exceptions to exit codes and lines.</summary>
public class FailureTests
{
    public static TheoryData<Exception, int, string> Failures => new()
    {
        { CommandException.Usage("so not"), 2, "so not" },
        { new PlanException("No such layer."), 2, "No such layer." },
        { new ClassNameException("No such class.", "brd", []), 2, "No such class." },
        { new ArgumentException("No such layer.", "layer"), 1, "fault in the program" },
        { new WeightsException("a.h5", "fc1", "is missing"), 3, "a.h5: layer 'fc1': is missing" },
        { new PictureException("a.png", "no picture."), 3, "a.png: no picture." },
        { new IOException("disk full"), 3, "disk full" },
        { new UnauthorizedAccessException("denied"), 3, "denied" },
        { new DeviceException("no GPU"), 4, "no GPU" },
        { new DeviceMemoryException("too little", 10, 5), 4, "too little" },
        { new NumbersFailedException("no finite loss"), 5, "no finite loss" },
        { new OperationCanceledException(), 130, "nothing was written" },
        { new AggregateException(new DeviceException("inner")), 4, "inner" },
        { new ArgumentNullException("plan"), 1, "fault in the program" },
        { new InvalidOperationException("odd"), 1, "odd" },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Every_failure_has_its_code_and_its_own_message(Exception exception, int code, string message)
    {
        (int found, string text) = Failure.Describe(exception);
        Assert.Equal(code, found);
        Assert.Contains(message, text, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter '", code == 2 ? text : "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pridictions", "predictions")]
    [InlineData("conv", "block1_conv1")]
    [InlineData("block3-conv1", "block3_conv1")]
    [InlineData("blokc3_conv1", "block3_conv1")]
    public void The_nearest_name_comes_first(string word, string expected) =>
        Assert.Equal(expected, Nearest.To(word, ["predictions", "block1_conv1", "block3_conv1", "block3_pool"])[0]);

    [Fact]
    public void A_far_name_is_no_suggestion_unless_asked_for()
    {
        Assert.Empty(Nearest.To("zzzz", ["predictions", "flatten"]));
        Assert.Single(Nearest.To("zzzz", ["predictions", "flatten"], 1, always: true));
    }
}
