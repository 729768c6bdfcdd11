using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary>Wrong usage: exit code 2, and what would have been right.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("", "recipe, summary, activate")]
    [InlineData("activte --class 1", "Did you mean 'activate'?")]
    [InlineData("activate --iteratons 3 --class 1", "Did you mean '--iterations'?")]
    [InlineData("activate", "--class 20")]
    [InlineData("activate --class 20 --iterations 0", "at least 1|between 1 and")]
    [InlineData("activate --class 20 --iterations -5", "between 1 and")]
    [InlineData("activate --class 20 --max-iter many", "no whole number")]
    [InlineData("activate --class 20 --seed -1", "4294967295")]
    [InlineData("activate --class 20 --seed 4294967296", "4294967295")]
    [InlineData("activate --class 20 --seed 4294967295 --count 2", "at most 4294967294")]
    [InlineData("recipe --seed 4294967294 --out ~/o", "at most 4294967293")]
    [InlineData("activate --class 20 --count 0", "between 1 and")]
    [InlineData("activate --class 20 --act-weight -1", "finite number, 0 or more")]
    [InlineData("activate --class 20 --lp-weight NaN", "finite number, 0 or more")]
    [InlineData("activate --class 20 --tv-weight Infinity", "finite number, 0 or more")]
    [InlineData("activate --class 20 --tv-weight heavy", "no number")]
    [InlineData("activate --class 20 --act-weight 0 --lp-weight 0 --tv-weight 0", "nothing to optimise")]
    [InlineData("activate --class 20 --filter 3", "contradict")]
    [InlineData("activate --class 20 --layer block3_conv1", "--filter")]
    [InlineData("activate --class 20 --sum", "only one was given")]
    [InlineData("activate --filter 3,4,3", "twice")]
    [InlineData("activate --class bird,20", "twice")]
    [InlineData("activate --filter three", "no whole number")]
    [InlineData("activate --class 20 --quiet --verbose", "contradict")]
    [InlineData("activate --class 20 --threads 2 --device reference", "--threads")]
    [InlineData("activate --class 20 --threads 0", "between 1 and")]
    [InlineData("activate --class 20 --dense-weights int4", "'int4' is none of full, int8")]
    [InlineData("activate --class 20 --device cpu --dense-weights int8", "needs a CUDA device; cpu keeps weights as they are")]
    [InlineData("activate --preset keras-vis --class 20 --seed-image ~/x.png --jitter 0 --count 2", "same picture")]
    [InlineData("activate --class 20 --precision fp8", "auto, fp32, tf32, fp16, bf16")]
    [InlineData("activate --class 20 --precision fp16 --device cpu", "cpu computes in fp32")]
    [InlineData("recipe --precision bf16 --device reference --out ~/o", "reference computes in double")]
    [InlineData("activate --class 20 --preset deepdreem", "keras-vis")]
    [InlineData("activate --class 20 --size 31", "between 32 and")]
    [InlineData("activate --preset keras-vis --class 20 --size 64", "96 x 96")]
    [InlineData("activate --preset keras-vis --class 20 --jitter 96", "between 0 and 94")]
    [InlineData("activate --class 20 --jitter 89", "less than 88.8 for a picture of 96 x 96")]
    [InlineData("activate --class 20 --device gpu", "auto, cpu, cuda, cuda:N or reference")]
    [InlineData("activate --class 20 --device cuda:x", "cuda:0")]
    [InlineData("activate --class 20 --out ~/a.jpg", ".png")]
    [InlineData("activate --class 20 --raw ~/a.txt", ".npy")]
    [InlineData("activate --class 20 --gif ~/a.webp", ".gif")]
    [InlineData("activate --class 20 --out ~/a.png --log ~/a.json", "same file")]
    [InlineData("activate --layer block9_conv1 --filter 0", "Did you mean 'block1_conv1'?|Layers: block1_conv1, block1_conv2")]
    [InlineData("activate --layer 23 --filter 0", "0 to 22")]
    [InlineData("activate --layer flatten --filter 0", "no filters")]
    [InlineData("activate --layer block3_conv1 --filter 64", "0 to 63")]
    [InlineData("activate --layer block3_conv1 --filter -1", "0 to 63")]
    [InlineData("activate --filter 32", "classes are 0 to 31")]
    [InlineData("activate --class 32", "0 to 31")]
    [InlineData("activate --class brd", "bird (20)")]
    [InlineData("activate --class 20 --weights  --count 2", "--weights")]
    [InlineData("recipe --layer predictions", "--layer")]
    [InlineData("recipe --layer block1_conv1", "0 to 15")]
    [InlineData("recipe --class 20,21", "one class")]
    [InlineData("predict", "IMAGE|argument")]
    [InlineData("predict ~/x.png --top 0", "at least 1")]
    [InlineData("summary --json now", "now")]
    public void Says_what_is_wrong_and_what_would_be_right(string line, string words)
    {
        string[] arguments = line.Split(' ', StringSplitOptions.TrimEntries).SkipWhile(a => a.Length == 0).ToArray();
        Outcome outcome = _shell.Run(arguments).Failed(2);
        Assert.Contains(words.Split('|'), word => outcome.Error.Contains(word, StringComparison.Ordinal));
        Assert.Empty(_shell.FilesIn());
    }

    [Fact]
    public void A_name_that_several_classes_bear_is_ambiguous()
    {
        File.WriteAllLines(_shell.PathOf("names.classes.txt"), Enumerable.Range(0, 32).Select(i => $"{i}\t{(i is 3 or 17 ? "crane" : $"thing_{i}")}"));
        TestNetworks.Write(_shell.PathOf("names.h5"), classes: 32);
        _shell.Run("activate", "--weights", "~/names.h5", "--class", "crane").Failed(2, "3", "17", "crane");
    }

    [Fact]
    public void Classes_without_names_are_chosen_by_number()
    {
        TestNetworks.Write(_shell.PathOf("nameless.h5"), classes: 5);
        _shell.Run("activate", "--weights", "~/nameless.h5", "--class", "bird").Failed(2, "no names", "0 to 4");
    }

    [Fact]
    public void A_stack_trace_comes_only_with_verbose()
    {
        Outcome outcome = _shell.Run("activate", "--class", "99", "--verbose");
        Assert.Equal(2, outcome.Code);
        Assert.Contains("   at VggCuda.Cli", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_and_version_are_no_failures()
    {
        Assert.Contains("--tv-weight", _shell.Run("activate", "--help").Succeeded().Out, StringComparison.Ordinal);
        Assert.Matches(@"^\d+\.\d+\.\d+", _shell.Run("--version").Succeeded().Out);
    }

    [Fact]
    public void A_response_file_stands_for_arguments()
    {
        File.WriteAllText(_shell.PathOf("args.rsp"), $"summary\n--json --weights demo\n");
        Assert.Contains("\"totalParameters\"", _shell.Run("@" + _shell.PathOf("args.rsp")).Succeeded().Out, StringComparison.Ordinal);
        _shell.Run("@" + _shell.PathOf("none.rsp")).Failed(3, "none.rsp");
    }

    [Theory]
    [InlineData("acti", "activate")]
    [InlineData("activate --layer block3_", "block3_conv1")]
    [InlineData("activate --class 1 --device c", "cuda")]
    [InlineData("activate --precision b", "bf16")]
    [InlineData("activate --weights d", "demo")]
    [InlineData("activate --tv", "--tv-weight")]
    [InlineData("activate --class bi", "bird")]
    public void Completion_offers_what_could_follow(string line, string expected)
    {
        string[] offered = _shell.Run($"[suggest:{line.Length + 8}]", "vggcuda " + line).Succeeded().Out.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains(expected, offered);
    }
}
