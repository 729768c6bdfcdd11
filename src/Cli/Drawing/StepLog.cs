using System.Text.Json;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Drawing;

/// <summary>The losses of every step as JSON lines: image by image, step by step.</summary>
internal static class StepLog
{
    /// <summary>Writes <c>{"image":0,"iteration":0,"activation":..,"lp":..,"tv":..,"total":..}</c> lines, before the total what other regularisers the plan has: weighted values; 0 for a term that was left out, null for one that is not finite.</summary>
    public static void Write(Stream stream, RenderResult result)
    {
        string[] columns = ["activation", "lp", "tv", .. result.Plan.LossNames.Except(["activation", "lp", "tv", "total"]), "total"];
        int[] places = [.. columns.Select(c => result.Plan.LossNames.IndexOf(c))];
        using Utf8JsonWriter writer = new(stream);
        foreach (RenderedImage image in result.Images)
        {
            for (int step = 0; step < image.Losses.Length; step++)
            {
                writer.WriteStartObject();
                writer.WriteNumber("image", image.Index);
                writer.WriteNumber("iteration", step);
                for (int c = 0; c < columns.Length; c++)
                {
                    double value = places[c] < 0 ? 0 : image.Losses[step][places[c]];
                    if (double.IsFinite(value))
                    {
                        writer.WriteNumber(columns[c], value);
                    }
                    else
                    {
                        writer.WriteNull(columns[c]);
                    }
                }

                writer.WriteEndObject();
                writer.Flush();
                stream.WriteByte((byte)'\n');
                writer.Reset();
            }
        }
    }
}
