using System.Buffers;
using System.Text.Json;
using System.Text;
using VggCuda.Engine.Files;
using VggCuda.Engine.Hashing;
using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Cudnn;

/// <summary>A plan as it is kept on disk.</summary>
/// <param name="Variant">As which graph.</param>
/// <param name="Plan">cuDNN's serialised plan.</param>
/// <param name="Milliseconds">Measured when it was chosen, or NaN.</param>
/// <param name="Proposals">How many of each graph had been built to compete; 0 where none was timed.</param>
internal sealed record CachedPlan(ConvolutionVariant Variant, byte[] Plan, double Milliseconds, int Proposals);

/// <summary>Winners of earlier measurements, on disk: a file each, named by a hash of cuDNN's version, the GPU, the driver, and the request.</summary>
/// <remarks>
/// A convenience, never a condition: what cannot be read, or does not fit, is built again, and what cannot be written is
/// not. Files are written beside and renamed, so several processes may share the folder: <c>VGGCUDA_CACHE_DIR</c>, else
/// <c>XDG_CACHE_HOME</c>/vggcuda, ~/.cache/vggcuda, or %LOCALAPPDATA%\vggcuda.
/// </remarks>
internal sealed class PlanCache
{
    // Changes when the graphs or the rules for choosing engines change.
    private const string Format = "3";

    private readonly string? _directory;
    private readonly string _machine;

    /// <summary>Creates the cache's view of one machine.</summary>
    /// <param name="directory">Where; null for no cache.</param>
    /// <param name="machine">Versions and the GPU: whatever a plan must not be taken across.</param>
    public PlanCache(string? directory, string machine)
    {
        _directory = directory;
        _machine = machine;
    }

    /// <summary>Where this process keeps plans.</summary>
    public static string? DefaultDirectory()
    {
        static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
        string? root = Variable("VGGCUDA_CACHE_DIR");
        if (root is null)
        {
            string? cache = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Variable("XDG_CACHE_HOME") ?? (Variable("HOME") is string home ? Path.Combine(home, ".cache") : null);
            root = string.IsNullOrEmpty(cache) ? null : Path.Combine(cache, "vggcuda");
        }

        return root is null ? null : Path.Combine(root, "plans");
    }

    /// <summary>The plan kept for a request, or null.</summary>
    public CachedPlan? Find(ConvolutionRequest request)
    {
        string key = Key(request);
        if (PathOf(key) is not string path || !File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            return root.GetProperty("key").GetString() == key && Enum.TryParse(root.GetProperty("variant").GetString(), out ConvolutionVariant variant)
                ? new CachedPlan(variant, root.GetProperty("plan").GetBytesFromBase64(), root.GetProperty("milliseconds").ValueKind == JsonValueKind.Number ? root.GetProperty("milliseconds").GetDouble() : double.NaN, root.GetProperty("proposals").GetInt32())
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Keeps a plan.</summary>
    public void Store(ConvolutionRequest request, CachedPlan plan)
    {
        string key = Key(request);
        if (PathOf(key) is not string path)
        {
            return;
        }

        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("key", key);
            writer.WriteString("variant", plan.Variant.ToString());
            if (double.IsFinite(plan.Milliseconds))
            {
                writer.WriteNumber("milliseconds", plan.Milliseconds);
            }
            else
            {
                writer.WriteNull("milliseconds");
            }

            writer.WriteNumber("proposals", plan.Proposals);
            writer.WriteBase64String("plan", plan.Plan);
            writer.WriteEndObject();
        }

        try
        {
            Directory.CreateDirectory(_directory!);
            StagedFiles.Write(path, buffer.WrittenMemory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full or read-only disk only means that the next run measures again.
        }
    }

    /// <summary>Forgets a plan that did not load.</summary>
    public void Remove(ConvolutionRequest request)
    {
        try
        {
            if (PathOf(Key(request)) is string path)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It will be overwritten, or fail to load again.
        }
    }

    private string Key(ConvolutionRequest request) => $"{Format}|{_machine}|{request}";

    private string? PathOf(string key) =>
        _directory is null ? null : Path.Combine(_directory, ContentHash.Sha256Of(Encoding.UTF8.GetBytes(key))[..32] + ".json");
}
