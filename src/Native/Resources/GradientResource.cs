using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;

namespace VggCuda.Native.Resources;

/// <summary>vgg_gradient.</summary>
internal sealed class GradientResource : Resource
{
    private const int MostAtOnce = 4096;
    private const int MostSide = 16384;
    private readonly DeviceResource _device;

    public GradientResource(NetworkResource network, DeviceResource device, string objective, in GradientOptions options)
        : base(network, device)
    {
        _device = device;
        int batch = Memory.OrDefault(options.Batch, 1, MostAtOnce, "batch");
        Objective parsed = ObjectiveText.Parse(objective, batch, network.Network, network.ClassOf);
        Gradient = new ObjectiveGradient(
            device.Backend,
            network.Network,
            parsed,
            batch,
            Memory.OrDefault(options.Height, network.Side, MostSide, "height"),
            Memory.OrDefault(options.Width, network.Side, MostSide, "width"),
            Options.Preprocessing(options.Preprocessing),
            device.Check(options.Precision));
    }

    public override string Kind => "gradient";

    public override IExclusive Device => _device;

    public ObjectiveGradient Gradient { get; }

    /// <summary>The GPU that it computes on, or null.</summary>
    public CudaBackend? Gpu => _device.Backend as CudaBackend;

    public override void Dispose() => Gradient.Dispose();
}
