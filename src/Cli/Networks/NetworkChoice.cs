using VggCuda.Cli.Hosting;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Hdf5Loader.Files;

namespace VggCuda.Cli.Networks;

/// <summary>Which weights a command uses: a file, the published network, or the bundled model.</summary>
internal static class NetworkChoice
{
    private const string Demo = "demo";

    /// <summary>Opens what --weights says; without it the published file where it is found, else the bundled model, and a line says which.</summary>
    /// <exception cref="CommandException">The published file was asked for and is not there.</exception>
    /// <exception cref="WeightsException">The file is not what it should be.</exception>
    public static ChosenNetwork Open(Invocation invocation)
    {
        string? asked = invocation.Weights;
        if (asked is null)
        {
            invocation.Note($"Weights: the bundled model, 32 drawn classes; for ImageNet's VGG16: --weights FILE.");
            return OpenDemo();
        }

        if (string.IsNullOrWhiteSpace(asked))
        {
            throw CommandException.Usage("--weights needs a file name, demo or imagenet.");
        }

        if (asked.Equals(Demo, StringComparison.OrdinalIgnoreCase))
        {
            return OpenDemo();
        }

        return OpenFile(asked);
    }

    /// <summary>The bundled model.</summary>
    public static ChosenNetwork OpenDemo()
    {
        IWeightSource weights = KerasWeights.Open(Resource("demo.h5"), "the bundled model");
        return new ChosenNetwork(weights, "bundled model", null, ClassNames.Parse(Resource("demo.classes.txt"), "the bundled model's class names"));
    }

    private static ChosenNetwork OpenFile(string path)
    {
        IWeightSource weights = KerasWeights.Open(path);
        try
        {
            ClassNames? names = Vgg16.FromWeights(weights).Topology.Top is { } top ? ClassNames.For(path, top.Classes) : null;
            return new ChosenNetwork(weights, Path.GetFileName(path), path, names);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = typeof(NetworkChoice).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The build left out the resource {name}.");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
