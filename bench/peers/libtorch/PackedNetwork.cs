using TorchSharp;
using VggCuda.Engine.Model;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace VggCuda.Peers.LibTorch;

/// <summary>VGG16 by oneDNN's convolutions called by name, filters packed once for one input size, and backwards by hand.</summary>
/// <remarks>Without autograd: it has no formula for packed filters, and every buffer goes back as soon as it is used up.</remarks>
internal sealed class PackedNetwork : IDisposable
{
    private readonly Topology _topology;
    private readonly IReadOnlyDictionary<string, Weighted> _weights;
    private readonly Dictionary<string, (Tensor Forward, Tensor Backward)> _filters = [];
    private readonly (long, int, int) _size;

    /// <summary>Packs the filters.</summary>
    /// <param name="topology">The layer table.</param>
    /// <param name="weights">By layer, filters channels last.</param>
    /// <param name="batch">Images.</param>
    /// <param name="side">Rows and columns of them.</param>
    /// <param name="threads">That it will run on: oneDNN chooses its layout by them too.</param>
    public PackedNetwork(Topology topology, IReadOnlyDictionary<string, Weighted> weights, long batch, int side, int threads)
    {
        (_topology, _weights, _size) = (topology, weights, (batch, side, threads));
        foreach (Layer layer in topology.Layers.Where(l => l.Kind == LayerKind.Convolution))
        {
            int edge = side >> layer.Halvings;
            Tensor kernel = weights[layer.Name].Kernel;
            _filters[layer.Name] = (OneDnn.Pack(kernel, batch, layer.Inputs, edge, edge), PackTurned(kernel, batch, edge));
        }
    }

    /// <summary>Whether it was packed for this.</summary>
    public bool Fits(long batch, int side, int threads) => _size == (batch, side, threads);

    /// <summary>The gradient to a convolution's input is a convolution with the filters turned and the channels exchanged.</summary>
    public static Tensor PackTurned(Tensor kernel, long batch, int edge)
    {
        using Tensor flipped = kernel.flip(2, 3);
        using Tensor exchanged = flipped.transpose(0, 1);
        using Tensor turned = EagerNetwork.InLayout(exchanged, "onednn");
        return OneDnn.Pack(turned, batch, kernel.shape[0], edge, edge);
    }

    /// <summary>As <see cref="EagerNetwork.Pass"/>.</summary>
    public (Tensor Objective, Tensor Gradient) Pass(Tensor image, string tap, int channel)
    {
        using IDisposable none = no_grad();
        List<(Layer Layer, Tensor Output, Tensor? Places)> tape = [(_topology.Layers[0], image, null)];
        foreach (Layer layer in _topology.Layers.Skip(1))
        {
            (Tensor output, Tensor? places) = Apply(layer, tape[^1].Output);
            tape.Add((layer, output, places));
            if (layer.Name == tap)
            {
                break;
            }
        }

        (Tensor objective, Tensor gradient) = Seed(tape[^1].Output, channel);
        for (int i = tape.Count - 1; i > 0; i--)
        {
            Tensor before = Back(tape[i].Layer, gradient, tape[i].Output, tape[i - 1].Output, tape[i].Places);
            gradient.Dispose();
            tape[i].Output.Dispose();
            tape[i].Places?.Dispose();
            gradient = before;
        }

        return (objective, gradient);
    }

    public void Dispose()
    {
        foreach ((Tensor forward, Tensor backward) in _filters.Values)
        {
            forward.Dispose();
            backward.Dispose();
        }
    }

    private static (Tensor Objective, Tensor Gradient) Seed(Tensor output, int channel)
    {
        using Tensor wanted = output.select(1, channel);
        Tensor gradient = zeros_like(output);
        using Tensor place = gradient.select(1, channel);
        place.fill_(output.dim() == 4 ? 1.0 / wanted.numel() : 1.0);
        return (output.dim() == 4 ? wanted.mean() : wanted.sum(), gradient);
    }

    private (Tensor Output, Tensor? Places) Apply(Layer layer, Tensor x)
    {
        switch (layer.Kind)
        {
            case LayerKind.Convolution:
                return (OneDnn.Convolve(x, _filters[layer.Name].Forward, _weights[layer.Name].Bias, relu: true), null);
            case LayerKind.MaxPool:
                return OneDnn.Pool(x);
            case LayerKind.Flatten:
                return (EagerNetwork.Flatten(x), null);
            default:
                // Not packed: oneDNN's dense layer with packed weights gives wrong sums here for some shapes, 512 x 256 for one.
                Tensor units = F.linear(x, _weights[layer.Name].Kernel, _weights[layer.Name].Bias);
                return (layer.IsClassifier ? units : units.relu_(), null);
        }
    }

    private Tensor Back(Layer layer, Tensor gradient, Tensor output, Tensor input, Tensor? places)
    {
        switch (layer.Kind)
        {
            case LayerKind.Convolution:
                OneDnn.Mask(gradient, output);
                return OneDnn.Convolve(gradient, _filters[layer.Name].Backward, null, relu: false);
            case LayerKind.MaxPool:
                return OneDnn.Spread(gradient, input, places!);
            case LayerKind.Flatten:
                using (Tensor rows = gradient.view(input.shape[0], input.shape[2], input.shape[3], input.shape[1]))
                {
                    return rows.permute(0, 3, 1, 2);
                }

            default:
                if (!layer.IsClassifier)
                {
                    OneDnn.Mask(gradient, output);
                }

                return gradient.matmul(_weights[layer.Name].Kernel);
        }
    }
}
