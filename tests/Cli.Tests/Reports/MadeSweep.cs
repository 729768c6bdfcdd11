using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using VggCuda.Cli.Sweeps.Format;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Reports;

/// <summary>Sweeps that nobody has drawn: a folder as docs/sweeps.md describes it, of pictures of noise.</summary>
internal static class MadeSweep
{
    /// <summary>Writes a sweep's folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="model">A sweep whose plan and weights are taken over.</param>
    /// <param name="layers">Names of layers and how many units each has.</param>
    /// <param name="className">Names of the last layer's classes.</param>
    /// <param name="side">Rows and columns of a picture.</param>
    public static SweepFolder Write(string path, SweepFolder model, IReadOnlyList<(string Layer, int Units)> layers, Func<int, string?> className, int side = 32)
    {
        Directory.CreateDirectory(path);
        RenderPlan plan = model.PlanOf(model.Manifest.Parts[^1]) with { Width = side, Height = side };
        List<SweepPart> parts = [];
        foreach ((string layer, int units) in layers)
        {
            bool isClass = layer == layers[^1].Layer;
            RenderPlan all = plan with
            {
                Seeds = [.. Enumerable.Repeat(1337u, units)],
                Objective = new ChannelObjective { Layer = "predictions", Channels = [.. Enumerable.Range(0, units).Select(i => ImmutableArray.Create(i))] },
            };
            parts.Add(new SweepPart
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"part-{parts.Count}"),
                Layer = layer,
                Kind = isClass ? "class" : "filter",
                Plan = JsonElement.Parse(all.ToJson()),
                Units = [.. Enumerable.Range(0, units).Select(i => new SweepUnit { Name = i.ToString("D4", CultureInfo.InvariantCulture), Channel = i, ClassName = isClass ? className(i) : null, Label = "", Seed = 1337, Key = "k" })],
            });
        }

        SweepFolder folder = SweepFolder.Create(path, model.Manifest with { Parts = parts });
        folder.MakeFolders();
        Random random = new(5);
        foreach ((SweepPart part, SweepUnit unit) in folder.Units)
        {
            byte[] noise = new byte[side * side * 3];
            random.NextBytes(noise);
            byte[] png = PictureFile.EncodePng(new Picture(side, side, noise));
            File.WriteAllBytes(folder.PicturePath(part, unit), png);
            UnitRecord record = new()
            {
                Key = unit.Key,
                Part = part.Name,
                Unit = unit.Name,
                Channel = unit.Channel,
                ClassName = unit.ClassName,
                Seed = unit.Seed,
                Picture = SweepFolder.PictureName(part, unit),
                Bytes = png.Length,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(png)),
                Pixels = Convert.ToHexStringLower(SHA256.HashData(noise)),
                Width = side,
                Height = side,
                Steps = 3,
                BestStep = 2,
                BestTotal = -random.NextDouble(),
                // So that the order by activation is another one than by place.
                Activation = unit.Channel!.Value * 7919 % 1000,
                Probability = part.Kind == "class" ? random.NextDouble() : null,
                Rank = part.Kind == "class" ? 1 : null,
                Curve = new LossCurve([0, 1, 2], [1, null, -1]),
                Engine = "e",
                Kernels = "k",
                Weights = "w",
                Mixed = false,
                Batch = 1,
                Host = "h",
                Finished = DateTimeOffset.UnixEpoch,
            };
            File.WriteAllBytes(folder.RecordPath(part, unit), JsonSerializer.SerializeToUtf8Bytes(record, SweepJson.Default.UnitRecord));
        }

        return folder;
    }
}
