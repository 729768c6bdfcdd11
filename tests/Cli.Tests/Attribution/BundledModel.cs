using System.Collections.Immutable;
using System.Text.Json;
using VggCuda.Engine.Attribution;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;

namespace VggCuda.Cli.Tests.Attribution;

/// <summary>The bundled model and pictures that it knows.</summary>
internal static class BundledModel
{
    public const int Side = 96;

    /// <summary>For these networks the last convolution's maps have 6 x 6 positions; these have 12 x 12.</summary>
    public const string Layer = "block4_conv3";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>Every method, with so few samples that a test has time for it.</summary>
    public static ImmutableArray<AttributionMethod> Methods { get; } = MethodsAt(Layer);

    /// <summary>The same, CAM methods at a layer of one's choice.</summary>
    public static ImmutableArray<AttributionMethod> MethodsAt(string layer) => new AttributionOverrides
    {
        Layer = layer,
        Samples = 25,
        Steps = 25,
        Tolerance = 0.05,
        Window = 16,
        Stride = 4,
        Masks = 500,
    }.ApplyTo(AttributionMethods.All);

    public static IWeightSource Open() => KerasWeights.Open(Path.Combine(AppContext.BaseDirectory, "demo.h5"));

    /// <summary>The six sample drawings, RGB 0..255.</summary>
    public static float[] Samples() => [.. ((string[])["apple", "bird", "car", "cat", "guitar", "umbrella"])
        .SelectMany(name => PictureFile.Read(Path.Combine(AppContext.BaseDirectory, "samples", name + ".png")).Rgb)
        .Select(v => (float)v)];

    /// <summary>Drawn scenes of two objects: tools/fixtures/make_attribution_scenes.py.</summary>
    public static (Scene[] Scenes, float[] Pictures) Scenes()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "scenes");
        Scene[] scenes = JsonSerializer.Deserialize<Scene[]>(File.ReadAllText(Path.Combine(folder, "scenes.json")), Web)!;
        Picture sheet = PictureFile.Read(Path.Combine(folder, "scenes.png"));
        float[] pictures = new float[scenes.Length * Side * Side * 3];
        int columns = sheet.Width / Side;
        for (int i = 0; i < pictures.Length; i++)
        {
            (int scene, int at) = Math.DivRem(i, Side * Side * 3);
            int y = (scene / columns * Side) + (at / (Side * 3));
            pictures[i] = sheet.Rgb[(((y * columns) + (scene % columns)) * Side * 3) + (at % (Side * 3))];
        }

        return (scenes, pictures);
    }

    public static (float[] Maps, ImmutableArray<AttributionFacts> Facts) Explain(IBackend backend, Network network, AttributionMethod method, float[] pictures, int[] classes)
    {
        using Attributor attributor = new(backend, network, new AttributionPlan { Method = method });
        float[] maps = new float[pictures.Length / 3];
        return (maps, attributor.Attribute(pictures, classes, maps, cancellation: TestContext.Current.CancellationToken));
    }
}

/// <summary>A scene: the classes of its two objects, and the boxes around them (left, top, width, height).</summary>
internal sealed record Scene(int[] Classes, int[][] Boxes)
{
    /// <summary>Whether a pixel lies on an object.</summary>
    public bool IsOn(int which, int pixel)
    {
        int[] box = Boxes[which];
        (int y, int x) = Math.DivRem(pixel, BundledModel.Side);
        return x >= box[0] && x < box[0] + box[2] && y >= box[1] && y < box[1] + box[3];
    }
}
