using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Methods that weigh the maps of a layer: the class activation mapping family. The layer is looked at after its activation; what is negative in the weighted sum is cut off; the small map is enlarged to the picture's size (<see cref="Images.Upsampling"/>).</summary>
public abstract record CamMethod : AttributionMethod
{
    /// <summary>Keras's name or index of a convolution or pooling layer; null for the last convolution, block5_conv3 in VGG16.</summary>
    public string? Layer { get; init; }

    /// <inheritdoc/>
    [System.Text.Json.Serialization.JsonIgnore]
    public override bool IsSigned => false;

    /// <summary>Finds the layer.</summary>
    /// <exception cref="PlanException">There is none of that name, or it has no maps.</exception>
    public Layer Find(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Topology topology = network.Topology;
        Layer[] fitting = [.. topology.Layers.Where(l => l.Kind is LayerKind.Convolution or LayerKind.MaxPool)];
        if (Layer is null)
        {
            return fitting.Last(l => l.Kind == LayerKind.Convolution);
        }

        string names = $"Layers with maps: {string.Join(", ", fitting.Select(l => l.Name))}.";
        Layer found = topology.Find(Layer) ?? throw new PlanException($"There is no layer '{Layer}'.\n{names}");
        return fitting.Contains(found) ? found : throw new PlanException($"Layer '{found.Name}' has no maps for {Name}; take a convolution or a pooling.\n{names}");
    }

    /// <inheritdoc/>
    public override void Validate(Network network, int side) => Find(network);
}
