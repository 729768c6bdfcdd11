using System.Reflection;
using System.Text.Json;
using VggCuda.Engine.Model;

namespace VggCuda.Hdf5Loader.Files;

/// <summary>The model that a program carries with it as three resources: <c>demo.h5</c>, <c>demo.classes.txt</c> and <c>demo.json</c>.</summary>
/// <param name="assembly">The program that carries it.</param>
public sealed class BundledModel(Assembly assembly)
{
    /// <summary>What its classes are called.</summary>
    public ClassNames Names => ClassNames.Parse(Resource("demo.classes.txt"), "the bundled model's class names");

    /// <summary>What its logits are divided by before a softmax, so that the probabilities fit what is right how often.</summary>
    public double Temperature
    {
        get
        {
            using JsonDocument facts = JsonDocument.Parse(Resource("demo.json"));
            return facts.RootElement.GetProperty("prediction_temperature").GetDouble();
        }
    }

    /// <summary>Opens its weights.</summary>
    /// <param name="networkName">The network in it that is meant; null for the only one.</param>
    /// <exception cref="WeightsException">It holds no network of that name.</exception>
    public KerasWeights Open(string? networkName = null) => KerasWeights.Open(Resource("demo.h5"), "the bundled model", networkName);

    private byte[] Resource(string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The build left out the resource {name}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
