// Draws a class: draw WEIGHTS.h5 CLASS OUT.png
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;

using KerasWeights weights = KerasWeights.Open(args[0]);
Network network = Network.FromWeights(weights);
int side = network.Topology.FixedInputSize ?? 224;
using CpuBackend backend = new();
ChannelObjective objective = new() { Layer = "predictions", Channels = [[int.Parse(args[1])]] };
RenderPlan plan = Presets.Create("modern", objective, seeds: [1337], height: side, width: side);
RenderResult result = new Renderer(backend).Render(network, plan);
Picture picture = new(side, side, result.Images[0].Display);
PictureFile.WritePng(picture, args[2]);
Console.WriteLine($"Logit {result.Images[0].FinalActivation:F2} after {result.Images[0].Steps} steps on {result.Device.Device}: {args[2]}");
