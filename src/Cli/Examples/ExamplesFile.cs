using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Cli.Hosting;
using VggCuda.Imaging;

namespace VggCuda.Cli.Examples;

/// <summary><c>examples.json</c>: which pictures of a folder excite each unit most. docs/report.md describes it.</summary>
internal sealed record ExamplesFile
{
    /// <summary>The format that is written and read.</summary>
    public const int CurrentFormat = 1;

    private const long MostBytes = 512L << 20;

    public required int Format { get; init; }

    /// <summary>The version of the program that wrote it.</summary>
    public required string Version { get; init; }

    /// <summary>What the weights are called.</summary>
    public required string Weights { get; init; }

    /// <summary>SHA-256 of the weights.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The pictures that were looked at, as the user named them.</summary>
    public required string Folder { get; init; }

    /// <summary>How many were looked at.</summary>
    public required int Pictures { get; init; }

    /// <summary>Those that could not be read.</summary>
    public required IReadOnlyList<ExampleFault> Faults { get; init; }

    public required IReadOnlyList<ExampleLayer> Layers { get; init; }

    /// <summary>The file's path in a folder.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "examples.json");

    /// <summary>A unit's patches, three in a row, relative to the folder, with slashes.</summary>
    public static string SheetOf(ExampleLayer layer, ExampleUnit unit) => $"patches/{layer.Name}/{unit.Channel:D4}.webp";

    /// <summary>Reads it.</summary>
    /// <exception cref="CommandException">It is not there, or not what it should be.</exception>
    public static ExamplesFile Read(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path))
        {
            throw CommandException.File($"'{folder}' holds no examples: there is no examples.json in it. 'vggcuda examples PICTURES --out {folder}' finds them.");
        }

        try
        {
            ExamplesFile file = JsonSerializer.Deserialize(FileContent.Read(path, MostBytes), ExamplesJson.Default.ExamplesFile)!;
            return file is { Format: CurrentFormat }
                ? file
                : throw CommandException.File($"'{path}' has another format than {CurrentFormat}, which this program reads; take the version that wrote it, or find the examples anew.");
        }
        catch (Exception error) when (error is JsonException or PictureException)
        {
            throw CommandException.File($"'{path}' cannot be read as examples. Find them anew with 'vggcuda examples'.", error);
        }
    }
}

/// <summary>The units of a layer.</summary>
/// <param name="Name">Its folder below <c>patches</c>: letters, digits, '-' and '_'.</param>
/// <param name="Layer">Keras's name.</param>
/// <param name="Field">What of the picture one value of the layer looks at.</param>
/// <param name="Cell">Rows and columns of a patch on a unit's sheet, pixels.</param>
/// <param name="Units">By channel.</param>
internal sealed record ExampleLayer(string Name, string Layer, ReceptiveField Field, int Cell, IReadOnlyList<ExampleUnit> Units);

/// <summary>A unit and the patches that excite it most, the strongest first.</summary>
internal sealed record ExampleUnit(int Channel, IReadOnlyList<Example> Top);

/// <summary>A patch.</summary>
/// <param name="File">The picture's file.</param>
/// <param name="Activation">The largest value of the unit in this picture: after the layer's ReLU, of classes the logit.</param>
/// <param name="Row">Where in the layer's output.</param>
/// <param name="Column">Likewise.</param>
/// <param name="Left">First column of the receptive field in the network's input; below 0 where it reaches over the edge.</param>
/// <param name="Top">First row, likewise.</param>
internal sealed record Example(string File, float Activation, int Row, int Column, int Left, int Top);

/// <summary>A picture that was left out.</summary>
internal sealed record ExampleFault(string File, string Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ExamplesFile))]
internal sealed partial class ExamplesJson : JsonSerializerContext;
