using System.Text.Json;
using System.Text.Json.Nodes;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>The plan that a picture, a run record or a file of its own carries.</summary>
internal static class PlanFile
{
    private const long MostBytes = 64L << 20;
    private const string Hint = "Plans are in the pictures that activate and recipe write (.png), in the record beside them (.json), or alone in a .json.";

    /// <summary>Reads a plan.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">What messages begin with.</param>
    /// <exception cref="CommandException">The file holds no plan, or several.</exception>
    public static RenderPlan Read(string path, string option = "--plan: ")
    {
        try
        {
            string text = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromJson(path, option) : FromPicture(path, option);
            return RenderPlan.FromJson(text);
        }
        catch (JsonException error)
        {
            throw CommandException.File($"{option}'{path}' holds no plan that can be read. {Hint}", error);
        }
        catch (PlanException error)
        {
            throw CommandException.File($"{option}'{path}': {error.Message}", error);
        }
    }

    private static string FromPicture(string path, string option) =>
        PngText.Read(path).TryGetValue(PictureTexts.Plan, out string? plan)
            ? plan
            : throw CommandException.File($"{option}'{path}' carries no plan. {Hint}");

    private static string FromJson(string path, string option)
    {
        JsonObject root = JsonNode.Parse(FileContent.Read(path, MostBytes)) as JsonObject ?? throw new JsonException();
        if (root["renders"] is not JsonArray renders)
        {
            return root.ToJsonString();
        }

        return renders.Count == 1 && renders[0] is JsonObject render && render["plan"] is JsonObject plan
            ? plan.ToJsonString()
            : throw CommandException.File($"{option}'{path}' is the record of {renders.Count} renders; give the picture of the one that is meant.");
    }
}
