using System.IO.Compression;
using System.Security.Cryptography;
using System.Runtime.InteropServices;
using System.Text.Json;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Tests;

/// <summary>The files of tools/weight-files/make_good_files.py, and what they must read as.</summary>
internal static class FixtureFiles
{
    private static readonly Dictionary<string, byte[]> Files = Load();

    private static readonly JsonDocument Index = JsonDocument.Parse(Files["fixtures.json"]);

    public static IEnumerable<string> Good => Names(false);

    public static IEnumerable<string> Refused => Names(true);

    public static byte[] Bytes(string name) => Files[name];

    public static JsonElement Entry(string name) => Index.RootElement.GetProperty(name);

    /// <summary>SHA-256 of every tensor, by "layer/kernel" and "layer/bias", as float32.</summary>
    public static SortedDictionary<string, string> Digests(KerasWeights weights)
    {
        SortedDictionary<string, string> digests = new(StringComparer.Ordinal);
        foreach (LayerWeights layer in weights.Layers)
        {
            digests[$"{layer.Layer}/kernel"] = Digest(Values(weights, layer, WeightPart.Kernel));
            digests[$"{layer.Layer}/bias"] = Digest(Values(weights, layer, WeightPart.Bias));
        }

        return digests;
    }

    public static float[] Values(KerasWeights weights, LayerWeights layer, WeightPart part)
    {
        float[] values = new float[part == WeightPart.Bias ? layer.BiasLength : layer.KernelShape.Aggregate(1L, (a, b) => a * b)];
        weights.Read(layer.Layer, part, 0, values);
        return values;
    }

    public static string Digest(ReadOnlySpan<float> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)));

    private static IEnumerable<string> Names(bool refused) =>
        Index.RootElement.EnumerateObject().Where(p => p.Value.TryGetProperty("refused", out _) == refused).Select(p => p.Name);

    private static Dictionary<string, byte[]> Load()
    {
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Fixtures", "weight-files.zip"));
        Dictionary<string, byte[]> files = [];
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            byte[] bytes = new byte[entry.Length];
            stream.ReadExactly(bytes);
            files[entry.FullName] = bytes;
        }

        return files;
    }
}
