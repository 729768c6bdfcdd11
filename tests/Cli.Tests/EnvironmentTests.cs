using VggCuda.Cli.Tests.Support;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests;

/// <summary>Surroundings that other people have: their languages, homes that cannot be written or are not there, files of /proc.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private const string Activate = "activate --weights demo --device cpu --class bird --iterations 1";
    private readonly Shell _shell = new();
    private string _locales = "";

    public EnvironmentTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "POSIX shells and /proc");

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    [InlineData("ar_SA.UTF-8")]
    [InlineData("de_DE.ISO-8859-1")]
    [InlineData("POSIX")]
    [InlineData("nonsense")]
    public void No_language_changes_a_number_a_name_or_a_file(string locale)
    {
        (string expected, string expectedError) = Run("C.UTF-8", "a");
        (string found, string foundError) = Run(locale, "b");
        Assert.Equal(expected.Replace("a.png", "b.png", StringComparison.Ordinal).Replace("a.json", "b.json", StringComparison.Ordinal), found);
        Assert.Equal(Steady(expectedError), Steady(foundError));
        Assert.Equal(File.ReadAllText(_shell.PathOf("a.jsonl")), File.ReadAllText(_shell.PathOf("b.jsonl")));
        Assert.Equal(PngText.Read(_shell.PathOf("a.png"))["vggcuda:plan"], PngText.Read(_shell.PathOf("b.png"))["vggcuda:plan"]);
        Assert.Equal(PictureFile.Read(_shell.PathOf("a.png")).Rgb, PictureFile.Read(_shell.PathOf("b.png")).Rgb);

        // How many lines of progress there are, and the speed in them, differ.
        static string Steady(string text) => string.Join('\n', text.Split('\n').Where(l => !l.Contains(": iteration ", StringComparison.Ordinal)));
    }

    // As the theory above, with languages that are there: a comma before the decimals, and an i without a dot for a capital one.
    [Theory]
    [InlineData("de_DE")]
    [InlineData("tr_TR")]
    public void No_language_that_is_installed_does_either(string locale)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/localedef") && File.Exists($"/usr/share/i18n/locales/{locale}"), "Debian's package locales is not here");
        _locales = _shell.PathOf("locales");
        Directory.CreateDirectory(_locales);
        using Child define = Child.StartOther(_shell, "/usr/bin/localedef", "-i", locale, "-f", "UTF-8", Path.Combine(_locales, locale + ".UTF-8"));
        Assert.True(define.Wait() == 0, define.Error);
        using Child point = Child.StartOther(_shell, "/bin/bash", "-c", $"LOCPATH='{_locales}' LC_ALL={locale}.UTF-8 locale decimal_point");
        Assert.Equal((0, ",\n"), (point.Wait(), point.Output));
        No_language_changes_a_number_a_name_or_a_file(locale + ".UTF-8");
    }

    [Theory]
    [InlineData("HOME=/proc/self")]
    [InlineData("HOME=/nowhere/at/all")]
    [InlineData("HOME=/dev/null")]
    [InlineData("HOME=")]
    [InlineData("-u HOME")]
    [InlineData("HOME=/proc/self XDG_CACHE_HOME=/proc/x KERAS_HOME=/dev/null VGGCUDA_CACHE=/proc/y")]
    public void A_home_that_cannot_be_used_stops_nothing(string variables)
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"env {variables} '{Child.Program}' activate --device cpu --class bird --iterations 1 --out b.png");
        Assert.True(child.Wait() == 0, child.Error);
        Assert.Contains("Weights: the bundled model", child.Error, StringComparison.Ordinal);
        Assert.Equal(["b.json", "b.png"], _shell.FilesIn());
    }

    [Theory]
    [InlineData("VGGCUDA_CACHE=/proc/nowhere", "weights fetch --url http://127.0.0.1:1/", 3, "The folder '/proc/nowhere' cannot be made: |Take another with --to, or set VGGCUDA_CACHE.")]
    [InlineData("HOME=/dev/null", "weights fetch --url http://127.0.0.1:1/", 3, "cannot be made|--to")]
    [InlineData("A=1", "weights fetch --to nowhere/dl --url http://127.0.0.1:1/", 3, "--to: the folder |nowhere' does not exist; make it first.")]
    [InlineData("A=1", "weights fetch --to /proc/dl --url http://127.0.0.1:1/", 3, "The folder '/proc/dl' cannot be made")]
    [InlineData("A=1", $"{Activate} --out /proc/b.png", 3, "--out: Cannot write '/proc/b.png'")]
    [InlineData("A=1", $"{Activate} --out /proc/self/b.png", 3, "--out: Cannot write '/proc/self/b.png'")]
    [InlineData("A=1", $"{Activate} --out /sys/b.png", 3, "--out: Cannot write '/sys/b.png'")]
    [InlineData("A=1", "recipe --weights demo --out /proc/out", 3, "--out: the folder '/proc/out' cannot be made")]
    [InlineData("A=1", "predict --weights demo /proc/version", 3, "/proc/version")]
    [InlineData("A=1", "predict --weights demo /proc/self/mem", 3, "/proc/self/mem")]
    [InlineData("A=1", $"{Activate} --seed-image /proc/cpuinfo --out b.png", 3, "/proc/cpuinfo")]
    [InlineData("A=1", "activate --weights demo --plan /proc/self/environ --out b.png", 3, "/proc/self/environ")]
    [InlineData("A=1", "summary --weights /proc/cpuinfo", 3, "/proc/cpuinfo")]
    [InlineData("A=1", "weights info /proc/self/exe", 3, "/proc/self/exe")]
    [InlineData("A=1", "@/proc/self/cmdline", 3, "no text")]
    public void What_cannot_be_used_is_one_clear_error(string variables, string line, int code, string words)
    {
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"env {variables} '{Child.Program}' {line}");
        Assert.Equal(code, child.Wait());
        string error = string.Join('\n', child.Error.Split('\n').SkipWhile(l => l.StartsWith("Weights:", StringComparison.Ordinal)));
        Assert.StartsWith("vggcuda: ", error, StringComparison.Ordinal);
        Assert.InRange(error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 3);
        Assert.DoesNotContain("127.0.0.1", error, StringComparison.Ordinal);
        Assert.All(words.Split('|'), word => Assert.Contains(word, error, StringComparison.Ordinal));
        Assert.Empty(_shell.FilesIn());
    }

    // env rather than export: the shell itself would warn of languages that are not installed.
    private (string Output, string Error) Run(string locale, string name)
    {
        string program = $"env {(_locales.Length > 0 ? $"LOCPATH='{_locales}' " : "")}LANG={locale} LC_ALL={locale} '{Child.Program}'";
        using Child child = Child.StartOther(_shell, "/bin/bash", "-c", $"{program} {Activate} --act-weight 0.5 --tv-weight 1e1 --out {name}.png --log {name}.jsonl; {program} summary --weights DEMO; {program} activate --class BIRD --iterations I");
        Assert.Equal(2, child.Wait());
        return (child.Output, child.Error);
    }
}
