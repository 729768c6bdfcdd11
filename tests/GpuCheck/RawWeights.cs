using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text.Json;
using VggCuda.Engine.Model;

namespace VggCuda.GpuCheck;

/// <summary>Weights in a flat float32 file, kernel and bias of each layer in order, mapped into memory: what PyTorch reads too, without HDF5.</summary>
internal sealed unsafe class RawWeights : IWeightSource
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<(string, WeightPart), (long Start, long Length)> _places = [];
    private readonly List<LayerWeights> _layers = [];
    private readonly byte* _base;

    public RawWeights(string path, Vgg16Topology topology)
    {
        Name = path;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _base = start;
        long at = 0;
        foreach (Layer layer in topology.Layers.Where(l => l.HasWeights))
        {
            long kernel = layer.ParameterCount - layer.Outputs;
            _places[(layer.Name, WeightPart.Kernel)] = (at, kernel);
            _places[(layer.Name, WeightPart.Bias)] = (at + kernel, layer.Outputs);
            at += kernel + layer.Outputs;
            _layers.Add(new LayerWeights(layer.Name, [.. layer.KernelShape], layer.Outputs));
        }
    }

    public string Name { get; }

    public IReadOnlyList<LayerWeights> Layers => _layers;

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

    public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
    {
        (long at, long length) = _places[(layer, part)];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + destination.Length, length);
        new ReadOnlySpan<float>((float*)_base + at + start, destination.Length).CopyTo(destination);
    }

    public string? ComputeSha256(CancellationToken cancellation = default) => null;

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
