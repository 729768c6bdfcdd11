using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>What dense weights of a byte each stand for: round(127 w / m) m / 127, where m is the largest magnitude of the output's weights.</summary>
public static class Int8Weights
{
    /// <summary>The network with each dense weight the nearest of 255 values between minus and plus the largest of its output.</summary>
    public static Network Rounded(Network network)
    {
        MemoryWeights rounded = new(network.Weights.Name + ", rounded");
        foreach (LayerWeights layer in network.Weights.Layers)
        {
            float[] kernel = new float[layer.KernelShape.Aggregate(1L, (a, b) => a * b)];
            float[] bias = new float[layer.BiasLength];
            network.Weights.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
            network.Weights.Read(layer.Layer, WeightPart.Bias, 0, bias);
            if (layer.KernelShape.Length == 2)
            {
                int outputs = layer.BiasLength;
                for (int j = 0; j < outputs; j++)
                {
                    float largest = 0;
                    for (int i = j; i < kernel.Length; i += outputs)
                    {
                        largest = Math.Max(largest, Math.Abs(kernel[i]));
                    }

                    for (int i = j; i < kernel.Length; i += outputs)
                    {
                        kernel[i] = largest > 0 ? (float)(MathF.Round(kernel[i] / largest * 127, MidpointRounding.ToEven) * (double)largest / 127) : 0;
                    }
                }
            }

            rounded.Add(layer.Layer, [.. layer.KernelShape], kernel, bias);
        }

        return Network.FromWeights(rounded);
    }
}
