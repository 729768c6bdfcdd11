using System.Text.Json;
using System.Text.Json.Nodes;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary><c>--plan FILE</c>: the plan that a picture, a run record or a file of its own carries.</summary>
internal static class PlanFile
{
    private const long MostBytes = 64L << 20;
    private const string Hint = "Plans are in the pictures that activate and recipe write (.png), in the record beside them (.json), or alone in a .json.";

    /// <summary>Reads a plan.</summary>
    /// <exception cref="CommandException">The file holds no plan, or several.</exception>
    public static RenderPlan Read(string path)
    {
        try
        {
            string text = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromJson(path) : FromPicture(path);
            return RenderPlan.FromJson(text);
        }
        catch (JsonException error)
        {
            throw CommandException.File($"--plan: '{path}' holds no plan that can be read. {Hint}", error);
        }
        catch (PlanException error)
        {
            throw CommandException.File($"--plan: '{path}': {error.Message}", error);
        }
    }

    private static string FromPicture(string path) =>
        PngText.Read(path).TryGetValue("vggcuda:plan", out string? plan)
            ? plan
            : throw CommandException.File($"--plan: '{path}' carries no plan. {Hint}");

    private static string FromJson(string path)
    {
        JsonObject root = JsonNode.Parse(FileContent.Read(path, MostBytes)) as JsonObject ?? throw new JsonException();
        if (root["renders"] is not JsonArray renders)
        {
            return root.ToJsonString();
        }

        return renders.Count == 1 && renders[0] is JsonObject render && render["plan"] is JsonObject plan
            ? plan.ToJsonString()
            : throw CommandException.File($"--plan: '{path}' is the record of {renders.Count} renders; give the picture of the one that is meant.");
    }
}
