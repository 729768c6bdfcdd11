using System.Text.Json;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Everything that decides a map except the weights, the picture and the class: the same plan gives the same map.</summary>
public sealed record AttributionPlan
{
    /// <summary>The method with its settings.</summary>
    public required AttributionMethod Method { get; init; }

    /// <summary>What happens to the picture on its way into the network; keras-vis: nothing.</summary>
    public Preprocessing Preprocessing { get; init; } = Preprocessing.Vgg16;

    /// <summary>The network's arithmetic.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>The most images in one pass, 1 or more; decides memory and speed alone. It is halved where the device's memory does not suffice.</summary>
    [JsonIgnore]
    public int Batch { get; init; } = 8;

    /// <summary>What logits are divided by for the probabilities that are told of a picture, above 0; changes no map, and 1 leaves the network's own.</summary>
    [JsonIgnore]
    public double Temperature { get; init; } = 1;

    /// <summary>The plan as JSON, for a record.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AttributionPlanJson.Default.AttributionPlan);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="PlanException">It is no plan, or holds what is not known here.</exception>
    public static AttributionPlan FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AttributionPlanJson.Default.AttributionPlan) ?? throw new PlanException("This is no plan of an attribution: null.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new PlanException($"This is no plan of an attribution: {exception.Message}");
        }
    }

    /// <summary>Checks the plan by itself and against a network.</summary>
    /// <exception cref="PlanException">A value is out of its range, or does not fit the network.</exception>
    public void Validate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.Topology.FixedInputSize is not int side)
        {
            throw new PlanException($"{network.Weights.Name} has no dense layers, so it names no classes, and there is nothing to attribute.");
        }

        if (Batch is < 1 or > 4096)
        {
            throw new PlanException($"The batch is {Batch}; it must be between 1 and 4096.");
        }

        if (!(Temperature > 0 && double.IsFinite(Temperature)))
        {
            throw new PlanException($"The temperature is {Temperature}; it must be above 0.");
        }

        Method.Validate(network, side);
    }
}

/// <summary>Source-generated JSON of a plan.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(AttributionPlan))]
internal sealed partial class AttributionPlanJson : JsonSerializerContext;
