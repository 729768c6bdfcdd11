// A picture's logits, and the gradient of one of them with respect to the picture: gradient WEIGHTS.h5 PICTURE CLASS OUT.npy
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;

using KerasWeights weights = KerasWeights.Open(args[0]);
Network network = Network.FromWeights(weights);
Picture picture = PictureFile.Read(args[1]);
float[] pixels = Array.ConvertAll(picture.Rgb, v => (float)v), gradient = new float[pixels.Length];

using CpuBackend backend = new();
ProgramSpec spec = new() { Taps = [new TapSpec(network.Topology.Layers[^1])], Batch = 1, Height = picture.Height, Width = picture.Width };
using INetworkProgram program = backend.Compile(network, spec);
using ITensor x = backend.Wrap(pixels, program.InputShape), dx = backend.Wrap(gradient, program.InputShape), dy = backend.Allocate(spec.TapShape());
program.Forward(x);
ReadOnlySpan<float> logits = backend.ViewOf(program.Tap).Span;
backend.ViewOf(dy).Span[int.Parse(args[2])] = 1;
program.Backward(dy, dx);

for (int i = 0; i < logits.Length; i++)
{
    Console.WriteLine($"{i} {logits[i]:R}");
}

Npy.Write(args[3], [picture.Height, picture.Width, 3], gradient);
