using System.Collections.Immutable;
using System.Text.Json;

namespace VggCuda.Hdf5Loader.Keras;

/// <summary>What a model's configuration says of one layer; null where it says nothing.</summary>
/// <param name="Activation">"relu", "softmax", "linear", ...; "?" where it is no plain name.</param>
/// <param name="Padding">"same" or "valid".</param>
/// <param name="Strides">Of a convolution or pooling.</param>
/// <param name="Window">Side of a pooling's window.</param>
/// <param name="IsPlain">No dilation and no groups.</param>
internal sealed record LayerSettings(string? Activation, string? Padding, ImmutableArray<int> Strides, ImmutableArray<int> Window, bool IsPlain);

/// <summary>A layer of a configuration.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Class">In the words of <see cref="LayerClass"/>.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Model">The model that it is, or null.</param>
/// <param name="GroupName">What Keras names its group after, where it numbers groups: max_pooling2d.</param>
internal sealed record ConfiguredLayer(string Name, string Class, LayerSettings Settings, ModelConfiguration? Model, string GroupName);

/// <summary>A model's configuration: the attribute <c>model_config</c> of an HDF5 file, <c>config.json</c> of a <c>.keras</c> archive. Names, classes, settings and order of layers; never needed, only listened to.</summary>
internal sealed class ModelConfiguration
{
    private const int MostLayers = 10_000;

    private ModelConfiguration(string name, ImmutableArray<ConfiguredLayer> layers)
    {
        Name = name;
        Layers = layers;
    }

    public string Name { get; }

    /// <summary>In the model's order.</summary>
    public ImmutableArray<ConfiguredLayer> Layers { get; }

    /// <summary>Reads a configuration; null where it is none that lists layers (a subclassed model's), or no sound JSON.</summary>
    public static ModelConfiguration? TryParse(string? json)
    {
        if (json is null)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            int layers = 0;
            return Model(document.RootElement, ref layers);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether a configuration, sound or not, has a layer whose channels come first.</summary>
    public static bool IsChannelsFirst(string? json) => json?.Contains("\"channels_first\"", StringComparison.Ordinal) == true;

    private static ModelConfiguration? Model(JsonElement element, ref int count)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("config", out JsonElement config))
        {
            return null;
        }

        // Until Keras 2.2.3 a Sequential's configuration was the list itself.
        JsonElement list = config.ValueKind == JsonValueKind.Array ? config : Property(config, "layers");
        if (list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        ImmutableArray<ConfiguredLayer>.Builder layers = ImmutableArray.CreateBuilder<ConfiguredLayer>();
        foreach (JsonElement layer in list.EnumerateArray())
        {
            if (++count > MostLayers || layer.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            JsonElement settings = Property(layer, "config");
            if (Text(layer, "class_name") is not { } className || (Text(settings, "name") ?? Text(layer, "name")) is not { } name)
            {
                return null;
            }

            // A wrapper (TimeDistributed) has its layer in its own configuration.
            ModelConfiguration? inner = Model(layer, ref count) ?? (Property(settings, "layer") is { ValueKind: JsonValueKind.Object } wrapped ? Model(wrapped, ref count) : null);
            layers.Add(new ConfiguredLayer(name, LayerClass.OfClassName(className), Settings(settings), inner, LayerClass.GroupNameOf(className)));
        }

        return new ModelConfiguration(Text(config, "name") ?? Text(element, "name") ?? "", layers.ToImmutable());
    }

    private static LayerSettings Settings(JsonElement config)
    {
        // A ReLU layer that is none: a slope, a ceiling or a threshold of its own.
        bool plainRelu = Number(config, "max_value") is null && Number(config, "negative_slope") is null or 0 && Number(config, "threshold") is null or 0;
        JsonElement activation = Property(config, "activation");
        string? function = activation.ValueKind switch
        {
            JsonValueKind.String => activation.GetString(),
            JsonValueKind.Undefined or JsonValueKind.Null => plainRelu ? null : "?",
            _ => "?",
        };
        return new LayerSettings(
            function,
            Text(config, "padding") ?? Text(config, "border_mode"),
            Numbers(config, "strides") is { IsEmpty: false } strides ? strides : Numbers(config, "subsample"),
            Numbers(config, "pool_size"),
            !Numbers(config, "dilation_rate").Any(n => n != 1) && Number(config, "groups") is null or 1);
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    private static string? Text(JsonElement element, string name) => Property(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static double? Number(JsonElement element, string name) => Property(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out double value) ? value : null;

    private static ImmutableArray<int> Numbers(JsonElement element, string name) => Property(element, name) switch
    {
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetInt32(out int value) ? value : -1)],
        { ValueKind: JsonValueKind.Number } number => [number.TryGetInt32(out int value) ? value : -1],
        _ => [],
    };
}
