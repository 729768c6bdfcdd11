using System.Collections.Immutable;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using VggCuda.Engine.Model;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Rendering;

namespace VggCuda.Engine.Tests.Fixtures;

/// <summary>What the scripts of tools/fixtures wrote, by name.</summary>
public static class Fixture
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    public static FixtureManifest Manifest { get; } = ReadManifest();

    private static readonly Dictionary<string, double[]> Arrays = ReadArrays("fixtures.npz", "chain.npz", "attribution.npz");

    public static double[] Array(string name) => Arrays[name];

    public static double[]? Find(string name) => Arrays.GetValueOrDefault(name);

    public static Network NetworkOf(string name)
    {
        NetworkFixture found = Manifest.Networks.Single(n => n.Name == name);
        Head? head = found.Top is { } t ? Head.Create(t[0], [.. t[1..]]) : null;
        Engine.Model.Architecture architecture = Engine.Model.Architecture.Known.Single(a => a.Convolutions.Length == found.Widths.Length);
        Queue<int> widths = new(found.Widths);
        ImmutableArray<ImmutableArray<int>> blocks = [.. architecture.ConvolutionsPerBlock.Select(count => Enumerable.Range(0, count).Select(_ => widths.Dequeue()).ToImmutableArray())];
        return Network.FromWeights(new HeWeights(new Topology(blocks, head), ulong.Parse(found.Seed)));
    }

    /// <summary>The fixtures' images: NumPy's doubles times 255.</summary>
    public static double[] Image(int height, int width, uint seed)
    {
        NumPyRandom random = new(seed);
        return [.. Enumerable.Range(0, height * width * 3).Select(_ => random.NextDouble() * 255)];
    }

    public static void Close(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        double error = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(error <= tolerance * scale, $"The largest error is {error:R} of {scale:R}.");
    }

    private static FixtureManifest ReadManifest()
    {
        using Stream stream = Open("fixtures.json");
        return JsonSerializer.Deserialize<FixtureManifest>(stream, Options)!;
    }

    // A .npy: 6 magic bytes, 2 of version, 2 of header length, a header that names type, order and shape, then the values.
    private static Dictionary<string, double[]> ReadArrays(params string[] files)
    {
        Dictionary<string, double[]> arrays = [];
        foreach (ZipArchiveEntry entry in files.SelectMany(file => new ZipArchive(Open(file)).Entries))
        {
            using MemoryStream memory = new();
            using (Stream stream = entry.Open())
            {
                stream.CopyTo(memory);
            }

            ReadOnlySpan<byte> bytes = memory.ToArray();
            int header = BitConverter.ToUInt16(bytes[8..]);
            string text = Encoding.ASCII.GetString(bytes.Slice(10, header));
            Assert.Contains("'descr': '<f8', 'fortran_order': False", text, StringComparison.Ordinal);
            arrays[Path.GetFileNameWithoutExtension(entry.Name)] = MemoryMarshal.Cast<byte, double>(bytes[(10 + header)..]).ToArray();
        }

        return arrays;
    }

    private static Stream Open(string name) => typeof(Fixture).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
}

public sealed record FixtureManifest(NetworkFixture[] Networks, ActivationFixture[] Activations, GradientFixture[] Gradients, RunFixture[] Runs);

public sealed record NetworkFixture(string Name, int[] Widths, int[]? Top, string Seed);

public sealed record ActivationFixture(string Name, string Network, int Height, int Width, uint ImageSeed, Preprocessing Preprocessing, string Tap);

public sealed record GradientFixture(string Name, string Network, string Tap, ImmutableArray<int> Channels, Preprocessing Preprocessing, bool Before, bool Softmax, int Height, int Width, uint ImageSeed, double Value);

public sealed record RunFixture(
    string Name,
    string Network,
    string Tap,
    ImmutableArray<int> Channels,
    int Height,
    int Width,
    int Jitter,
    uint Seed,
    int Iterations,
    double ActivationWeight,
    double LpWeight,
    double TvWeight,
    bool Before,
    bool Softmax,
    Preprocessing Preprocessing,
    int BestStep,
    double[][] Losses,
    double[][] Draws,
    double[] StartFirst,
    double StartLast);
