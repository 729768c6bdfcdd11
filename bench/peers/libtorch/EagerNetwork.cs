using System.Runtime.InteropServices;
using TorchSharp;
using VggCuda.Engine.Model;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace VggCuda.Peers.LibTorch;

/// <summary>A layer's weights: (out, in, 3, 3) or (out, in), and (out).</summary>
internal sealed record Weighted(Tensor Kernel, Tensor Bias);

/// <summary>VGG16 in libtorch with frozen weights, forwards and backwards to the image.</summary>
internal sealed class EagerNetwork : IDisposable
{
    private readonly Topology _topology;
    private readonly Dictionary<string, Weighted> _weights = [];
    private string _layout = "";
    private PackedNetwork? _packed;

    /// <summary>Reads every weight.</summary>
    public EagerNetwork(IWeightSource source)
    {
        _topology = Network.FromWeights(source).Topology;
        foreach (Layer layer in _topology.Layers.Where(l => l.HasWeights))
        {
            using Tensor kernel = Read(source, layer, WeightPart.Kernel, [.. layer.KernelShape.Select(n => (long)n)]);
            // (out, in, 3, 3) and (out, in).
            using Tensor turned = layer.Kind == LayerKind.Convolution ? kernel.permute(3, 2, 0, 1) : kernel.t();
            _weights[layer.Name] = new Weighted(turned.contiguous(), Read(source, layer, WeightPart.Bias, [layer.Outputs]));
        }
    }

    /// <summary>A tensor of the same values whose strides are those of the layout.</summary>
    public static Tensor InLayout(Tensor x, string layout)
    {
        if (layout == "nchw")
        {
            return x.contiguous();
        }

        using Tensor rows = x.permute(0, 2, 3, 1);
        using Tensor dense = rows.contiguous();
        return dense.permute(0, 3, 1, 2);
    }

    /// <summary>Brings the filters into a layout, packed for one input size where it is onednn.</summary>
    public void SetLayout(string layout, long batch, int side)
    {
        if (layout != _layout)
        {
            foreach (Layer layer in _topology.Layers.Where(l => l.Kind == LayerKind.Convolution))
            {
                Weighted old = _weights[layer.Name];
                _weights[layer.Name] = old with { Kernel = InLayout(old.Kernel, layout) };
                old.Kernel.Dispose();
            }

            _layout = layout;
        }

        if (layout == "onednn" && _packed?.Fits(batch, side, get_num_threads()) != true)
        {
            _packed?.Dispose();
            _packed = new PackedNetwork(_topology, _weights, batch, side, get_num_threads());
        }
    }

    /// <summary>The objective and its gradient to the image: a dense unit, or the mean of a channel, summed over images.</summary>
    public (Tensor Objective, Tensor Gradient) Pass(Tensor image, string tap, int channel)
    {
        if (_layout == "onednn")
        {
            return _packed!.Pass(image, tap, channel);
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor y = Forward(image, tap);
        Tensor wanted = y.select(1, channel);
        Tensor objective = y.dim() == 4 ? wanted.mean() : wanted.sum();
        Tensor gradient = autograd.grad([objective], [image])[0];
        return (objective.MoveToOuterDisposeScope(), gradient.MoveToOuterDisposeScope());
    }

    /// <summary>Grad-CAM of a class at a layer, enlarged to the picture's size.</summary>
    public Tensor Cam(Tensor image, string layer, int channel)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor below;
        using (no_grad())
        {
            below = Forward(image, layer);
        }

        below.requires_grad_(true);
        int place = _topology.Find(layer)!.Index;
        Tensor logits = Forward(below, _topology.Layers.Skip(place + 1), _topology.Classifier!.Name);
        Tensor gradient = autograd.grad([logits.select(1, channel).sum()], [below])[0];
        using IDisposable none = no_grad();
        Tensor small = (gradient.mean([2, 3], keepdim: true) * below).sum(1, keepdim: true).relu();
        return F.interpolate(small, size: [image.shape[2], image.shape[3]], mode: InterpolationMode.Bilinear, align_corners: false).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _packed?.Dispose();
        foreach (Weighted weighted in _weights.Values)
        {
            weighted.Kernel.Dispose();
            weighted.Bias.Dispose();
        }
    }

    private Tensor Forward(Tensor image, string tap) => Forward(image, _topology.Layers, tap);

    private Tensor Forward(Tensor image, IEnumerable<Layer> layers, string tap)
    {
        Tensor x = image;
        foreach (Layer layer in layers)
        {
            Tensor y = Apply(layer, x);
            // Otherwise what autograd no longer needs would live until the end, and the backward pass would use fresh memory.
            if (!ReferenceEquals(x, image) && !ReferenceEquals(x, y))
            {
                x.Dispose();
            }

            x = y;
            if (layer.Name == tap)
            {
                return x;
            }
        }

        throw new ArgumentException($"No layer '{tap}'.");
    }

    private Tensor Apply(Layer layer, Tensor x)
    {
        switch (layer.Kind)
        {
            case LayerKind.Convolution:
                return F.conv2d(x, _weights[layer.Name].Kernel, _weights[layer.Name].Bias, padding: [1, 1]).relu_();
            case LayerKind.MaxPool:
                return F.max_pool2d(x, 2);
            case LayerKind.Flatten:
                return Flatten(x);
            case LayerKind.Dense:
                Tensor units = F.linear(x, _weights[layer.Name].Kernel, _weights[layer.Name].Bias);
                return layer.IsClassifier ? units : units.relu_();
            default:
                return x;
        }
    }

    /// <summary>Keras flattens (y, x, channel).</summary>
    public static Tensor Flatten(Tensor x)
    {
        using Tensor rows = x.permute(0, 2, 3, 1);
        return rows.flatten(1);
    }

    private static Tensor Read(IWeightSource source, Layer layer, WeightPart part, long[] shape)
    {
        Tensor tensor = empty(shape);
        source.Read(layer.Name, part, 0, MemoryMarshal.Cast<byte, float>(tensor.bytes));
        return tensor;
    }
}
