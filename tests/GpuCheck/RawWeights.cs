using System.Runtime.InteropServices;
using System.Text.Json;
using VggCuda.Engine.Model;

namespace VggCuda.GpuCheck;

/// <summary>Weights as a flat float32 file, kernel and bias of each layer in order: what PyTorch reads without HDF5.</summary>
internal static class RawWeights
{
    /// <summary>Writes a source's values and, beside them, weights.json.</summary>
    public static string Write(string folder, IWeightSource source, int side)
    {
        string path = Path.Combine(folder, "weights.f32");
        using (FileStream stream = File.Create(path))
        {
            foreach (LayerWeights layer in source.Layers)
            {
                float[] kernel = new float[layer.KernelShape.Aggregate(1, (a, b) => a * b)];
                float[] bias = new float[layer.BiasLength];
                source.Read(layer.Layer, WeightPart.Kernel, 0, kernel);
                source.Read(layer.Layer, WeightPart.Bias, 0, bias);
                stream.Write(MemoryMarshal.AsBytes<float>(kernel));
                stream.Write(MemoryMarshal.AsBytes<float>(bias));
            }
        }

        using FileStream list = File.Create(Path.Combine(folder, "weights.json"));
        using Utf8JsonWriter writer = new(list);
        writer.WriteStartObject();
        writer.WriteNumber("side", side);
        writer.WriteStartArray("layers");
        foreach (LayerWeights layer in source.Layers)
        {
            writer.WriteStartObject();
            writer.WriteString("name", layer.Layer);
            writer.WriteStartArray("shape");
            foreach (int extent in layer.KernelShape)
            {
                writer.WriteNumberValue(extent);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return path;
    }
}
