using System.Text.Json;
using VggCuda.Cli.Tests.Support;

namespace VggCuda.Cli.Tests;

/// <summary><c>predict</c> and <c>devices</c>.</summary>
public sealed class PredictAndDevicesTests : IDisposable
{
    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "samples");
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void The_bundled_model_names_its_sample_drawings()
    {
        string[] names = ["apple", "bird", "car", "cat", "guitar", "umbrella"];
        Outcome outcome = _shell.Run(["predict", "--weights", "demo", "--top", "2", "--json", .. names.Select(n => Path.Combine(Samples, n + ".png"))]).Succeeded();
        JsonElement[] results = [.. outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(names, results.Select(r => r.GetProperty("predictions")[0].GetProperty("name").GetString()));
        Assert.All(results, r =>
        {
            Assert.Equal(2, r.GetProperty("predictions").GetArrayLength());
            Assert.True(r.GetProperty("predictions")[0].GetProperty("probability").GetDouble() > 0.5);
        });
        Assert.Equal(20, results[1].GetProperty("predictions")[0].GetProperty("class").GetInt32());
    }

    [Fact]
    public void The_bundled_models_probabilities_are_those_of_its_logits_divided_by_its_temperature()
    {
        Outcome outcome = _shell.Run("predict", "--weights", "demo", "--top", "32", "--json", Path.Combine(Samples, "bird.png")).Succeeded();
        JsonElement[] classes = [.. JsonDocument.Parse(outcome.Out).RootElement.GetProperty("predictions").EnumerateArray()];
        (double Logit, double Probability)[] found = [.. classes.Select(c => (c.GetProperty("logit").GetDouble(), c.GetProperty("probability").GetDouble()))];
        double temperature = (found[0].Logit - found[1].Logit) / Math.Log(found[0].Probability / found[1].Probability);
        Assert.Equal(14.5985, temperature, 0.01);
        double sum = found.Sum(c => Math.Exp((c.Logit - found[0].Logit) / temperature));
        Assert.All(found, c => Assert.Equal(Math.Exp((c.Logit - found[0].Logit) / temperature) / sum, c.Probability, 1e-9));
    }

    [Fact]
    public void As_text_it_lists_five_classes_with_percentages()
    {
        string[] lines = _shell.Run("predict", "--weights", "demo", Path.Combine(Samples, "bird.png")).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.EndsWith("bird.png:", lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^  +\d+\.\d\d %  bird \(class 20\)$", lines[1]);
    }

    [Fact]
    public void Devices_are_listed_with_what_they_are()
    {
        JsonElement[] devices = [.. JsonDocument.Parse(_shell.Run("devices", "--json").Succeeded().Out).RootElement.GetProperty("devices").EnumerateArray()];
        Assert.Contains(devices, d => d.GetProperty("name").GetString() == "reference" && d.GetProperty("usable").GetBoolean());
        Assert.Contains(devices, d => d.GetProperty("name").GetString() == "cpu" && d.GetProperty("details").EnumerateObject().Any());
        Assert.All(devices, d => Assert.True(d.GetProperty("usable").GetBoolean() || d.GetProperty("reason").GetString()!.Length > 0));
        string text = _shell.Run("devices").Succeeded().Out;
        Assert.Contains("cpu: ", text, StringComparison.Ordinal);
        Assert.Contains("cuda", text, StringComparison.Ordinal);
    }
}
