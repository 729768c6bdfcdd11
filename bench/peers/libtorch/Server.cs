using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace VggCuda.Peers.LibTorch;

/// <summary>The commands of <c>pytorch_vgg16.py --serve</c>, with the same arguments and answers.</summary>
internal sealed class Server : IDisposable
{
    private readonly Dictionary<string, EagerNetwork> _networks = [];

    public JsonObject Answer(JsonObject command)
    {
        int Number(string name, int otherwise = -1) => command[name] is JsonNode node ? (int)node : otherwise >= 0 ? otherwise : throw new ArgumentException($"{name} is missing.");
        string Text(string name) => (string?)command[name] ?? throw new ArgumentException($"{name} is missing.");
        if (command["threads"] is not null)
        {
            set_num_threads(Number("threads"));
        }

        return Text("op") switch
        {
            "version" => Version(),
            "check" => Check(Text("model"), Text("tap"), Text("layout"), Number("side"), Number("channel")),
            "step" => Step(Text("model"), Text("tap"), Number("batch"), Text("layout"), Number("side"), Number("channel"), Number("count", 1), Number("warm", 0)),
            "cam" => Cam(Text("model"), Text("layer"), Number("batch"), Text("layout"), Number("side"), Number("channel"), Number("count", 1), Number("warm", 0)),
            "layer" => Layer(Number("inputs"), Number("outputs"), Number("side"), Number("batch"), Text("layout"), (bool?)command["backward"] ?? false, Number("count", 1), Number("warm", 0)),
            "dense" => Dense(Number("inputs"), Number("outputs"), Number("batch"), Number("count", 1), Number("warm", 0)),
            string op => throw new ArgumentException($"No operation '{op}'."),
        };
    }

    public void Dispose()
    {
        foreach (EagerNetwork network in _networks.Values)
        {
            network.Dispose();
        }
    }

    private static JsonObject Version() => new()
    {
        ["torch"] = $"{__version__} by TorchSharp",
        ["blas"] = OneDnn.MklVersion(),
        ["mkldnn"] = true,
    };

    private EagerNetwork For(string model)
    {
        if (!_networks.TryGetValue(model, out EagerNetwork? network))
        {
            using IWeightSource source = model == "full" ? new HeWeights(Topology.ImageNet, 1) : KerasWeights.Open(model);
            _networks[model] = network = new EagerNetwork(source);
        }

        return network;
    }

    private JsonObject Step(string model, string tap, int batch, string layout, int side, int channel, int count, int warm)
    {
        EagerNetwork network = For(model);
        network.SetLayout(layout, batch, side);
        random.manual_seed(1);
        using Tensor values = (rand(batch, 3, side, side) * 255) - 115;
        using Tensor image = EagerNetwork.InLayout(values, layout).requires_grad_(true);
        return Timed(Work, count, warm);

        void Work()
        {
            (Tensor objective, Tensor gradient) = network.Pass(image, tap, channel);
            objective.Dispose();
            gradient.Dispose();
        }
    }

    private JsonObject Cam(string model, string layer, int batch, string layout, int side, int channel, int count, int warm)
    {
        EagerNetwork network = For(model);
        network.SetLayout(layout, batch, side);
        random.manual_seed(1);
        using Tensor values = (rand(batch, 3, side, side) * 255) - 115;
        using Tensor image = EagerNetwork.InLayout(values, layout);
        return Timed(() => network.Cam(image, layer, channel).Dispose(), count, warm);
    }

    // Values that every peer can make: the top byte of the index times an odd constant.
    private JsonObject Check(string model, string tap, string layout, int side, int channel)
    {
        EagerNetwork network = For(model);
        network.SetLayout(layout, 1, side);
        float[] pixels = [.. Enumerable.Range(0, 3 * side * side).Select(i => (float)(((uint)i * 2654435761u) >> 24) - 115)];
        using Tensor values = tensor(pixels, [1, 3, side, side]);
        using Tensor image = EagerNetwork.InLayout(values, layout).requires_grad_(true);
        (Tensor objective, Tensor gradient) = network.Pass(image, tap, channel);
        using Tensor dense = gradient.contiguous();
        JsonObject answer = new() { ["objective"] = objective.item<float>(), ["gradient"] = Convert.ToBase64String(dense.bytes) };
        objective.Dispose();
        gradient.Dispose();
        return answer;
    }

    private static JsonObject Layer(int inputs, int outputs, int side, int batch, string layout, bool backward, int count, int warm)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = EagerNetwork.InLayout(rand(batch, inputs, side, side), layout);
        Tensor w = EagerNetwork.InLayout(rand(outputs, inputs, 3, 3) - 0.5, layout);
        Tensor b = rand(outputs);
        if (layout == "onednn")
        {
            using IDisposable none = no_grad();
            Tensor packed = OneDnn.Pack(w, batch, inputs, side, side);
            Tensor turned = PackedNetwork.PackTurned(w, batch, side);
            Tensor gradient = EagerNetwork.InLayout(rand(batch, outputs, side, side), layout);
            return backward ? Timed(() => OneDnn.Convolve(gradient, turned, null, false).Dispose(), count, warm) : Timed(() => OneDnn.Convolve(x, packed, b, false).Dispose(), count, warm);
        }

        if (!backward)
        {
            return Timed(() => F.conv2d(x, w, b, padding: [1, 1]).Dispose(), count, warm);
        }

        x.requires_grad_(true);
        Tensor y = F.conv2d(x, w, b, padding: [1, 1]);
        Tensor g = rand_like(y);
        return Timed(() => autograd.grad([y], [x], [g], retain_graph: true)[0].Dispose(), count, warm);
    }

    private static JsonObject Dense(int inputs, int outputs, int batch, int count, int warm)
    {
        using Tensor x = rand(batch, inputs);
        using Tensor w = rand(outputs, inputs);
        return Timed(() => F.linear(x, w).Dispose(), count, warm);
    }

    private static JsonObject Timed(Action work, int count, int warm)
    {
        for (int i = 0; i < warm; i++)
        {
            work();
        }

        JsonArray wall = [];
        JsonArray cpu = [];
        for (int i = 0; i < count; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            work();
            wall.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            cpu.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }

        return new JsonObject { ["wall"] = wall, ["cpu"] = cpu };
    }
}
