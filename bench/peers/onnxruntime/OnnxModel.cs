using System.Runtime.InteropServices;
using System.Text;
using VggCuda.Engine.Model;

namespace VggCuda.Peers.OnnxRuntime;

/// <summary>Writes a network as an ONNX model: input (N, 3, side, side), preprocessed, to the classes' logits.</summary>
/// <remarks>
/// ONNX, IR version 8, operator set 13; the messages' field numbers are those of <c>onnx.proto</c>, the encoding is that of protocol
/// buffers: a key (number and kind), then a number of 7 bits a byte, or a length and that many bytes.
/// </remarks>
internal static class OnnxModel
{
    private const string Input = "image";
    private const int FloatType = 1;
    private const int NumberAttribute = 2;
    private const int NumbersAttribute = 7;

    /// <summary>The output's name.</summary>
    public const string Output = "logits";

    /// <summary>The model's bytes.</summary>
    public static byte[] Of(Network network)
    {
        int side = network.Topology.FixedInputSize!.Value;
        using MemoryStream graph = new();
        string x = Input;
        foreach (Layer layer in network.Topology.Layers)
        {
            x = Add(graph, network.Weights, layer, x);
        }

        Write(graph, 2, "vgg16");
        Write(graph, 11, Value(Input, 3, side, side));
        Write(graph, 12, Value(Output, network.Topology.Classifier!.Outputs));
        using MemoryStream model = new();
        Write(model, 1, 8);
        Write(model, 7, graph.GetBuffer().AsSpan(0, (int)graph.Length));
        Write(model, 8, Message(set => Write(set, 2, 13)));
        return model.ToArray();
    }

    private static string Add(Stream graph, IWeightSource weights, Layer layer, string x)
    {
        switch (layer.Kind)
        {
            case LayerKind.Convolution:
                // Keras stores (y, x, in, out), ONNX (out, in, y, x).
                float[] stored = Read(weights, layer, WeightPart.Kernel, 9 * layer.Inputs * layer.Outputs), turned = new float[stored.Length];
                for (int i = 0; i < stored.Length; i++)
                {
                    int place = i / layer.Outputs / layer.Inputs, input = i / layer.Outputs % layer.Inputs, output = i % layer.Outputs;
                    turned[(((output * layer.Inputs) + input) * 9) + place] = stored[i];
                }

                Tensor(graph, layer.Name + "-w", turned, layer.Outputs, layer.Inputs, 3, 3);
                Tensor(graph, layer.Name + "-b", Read(weights, layer, WeightPart.Bias, layer.Outputs), layer.Outputs);
                Node(graph, "Conv", [x, layer.Name + "-w", layer.Name + "-b"], layer.Name, Numbers("kernel_shape", 3, 3), Numbers("pads", 1, 1, 1, 1));
                Node(graph, "Relu", [layer.Name], layer.Name + "-relu");
                return layer.Name + "-relu";
            case LayerKind.MaxPool:
                Node(graph, "MaxPool", [x], layer.Name, Numbers("kernel_shape", 2, 2), Numbers("strides", 2, 2));
                return layer.Name;
            case LayerKind.Flatten:
                // Keras flattens (y, x, channel).
                Node(graph, "Transpose", [x], layer.Name + "-rows", Numbers("perm", 0, 2, 3, 1));
                Node(graph, "Flatten", [layer.Name + "-rows"], layer.Name, Number("axis", 1));
                return layer.Name;
            case LayerKind.Dense:
                Tensor(graph, layer.Name + "-w", Read(weights, layer, WeightPart.Kernel, layer.Inputs * layer.Outputs), layer.Inputs, layer.Outputs);
                Tensor(graph, layer.Name + "-b", Read(weights, layer, WeightPart.Bias, layer.Outputs), layer.Outputs);
                string units = layer.IsClassifier ? Output : layer.Name;
                Node(graph, "Gemm", [x, layer.Name + "-w", layer.Name + "-b"], units);
                if (!layer.IsClassifier)
                {
                    Node(graph, "Relu", [units], layer.Name + "-relu");
                }

                return layer.IsClassifier ? Output : layer.Name + "-relu";
            default:
                return x;
        }
    }

    private static float[] Read(IWeightSource weights, Layer layer, WeightPart part, int count)
    {
        float[] values = new float[count];
        weights.Read(layer.Name, part, 0, values);
        return values;
    }

    private static void Node(Stream graph, string kind, string[] inputs, string output, params byte[][] attributes) => Write(graph, 1, Message(node =>
    {
        foreach (string input in inputs)
        {
            Write(node, 1, input);
        }

        Write(node, 2, output);
        Write(node, 4, kind);
        foreach (byte[] attribute in attributes)
        {
            Write(node, 5, attribute);
        }
    }));

    private static void Tensor(Stream graph, string name, float[] values, params long[] shape) => Write(graph, 5, Message(tensor =>
    {
        foreach (long extent in shape)
        {
            Write(tensor, 1, extent);
        }

        Write(tensor, 2, FloatType);
        Write(tensor, 8, name);
        Write(tensor, 9, MemoryMarshal.AsBytes(values.AsSpan()));
    }));

    private static byte[] Numbers(string name, params long[] values) => Message(attribute =>
    {
        Write(attribute, 1, name);
        foreach (long value in values)
        {
            Write(attribute, 8, value);
        }

        Write(attribute, 20, NumbersAttribute);
    });

    private static byte[] Number(string name, long value) => Message(attribute =>
    {
        Write(attribute, 1, name);
        Write(attribute, 3, value);
        Write(attribute, 20, NumberAttribute);
    });

    // Any number of images.
    private static byte[] Value(string name, params long[] shape) => Message(value =>
    {
        Write(value, 1, name);
        Write(value, 2, Message(type => Write(type, 1, Message(tensor =>
        {
            Write(tensor, 1, FloatType);
            Write(tensor, 2, Message(extents =>
            {
                Write(extents, 1, Message(extent => Write(extent, 2, "N")));
                foreach (long extent in shape)
                {
                    Write(extents, 1, Message(one => Write(one, 1, extent)));
                }
            }));
        }))));
    });

    private static byte[] Message(Action<Stream> write)
    {
        using MemoryStream message = new();
        write(message);
        return message.ToArray();
    }

    private static void Write(Stream message, int field, long number)
    {
        Varint(message, (ulong)field << 3);
        Varint(message, (ulong)number);
    }

    private static void Write(Stream message, int field, string text) => Write(message, field, Encoding.UTF8.GetBytes(text));

    private static void Write(Stream message, int field, ReadOnlySpan<byte> content)
    {
        Varint(message, ((ulong)field << 3) | 2);
        Varint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void Varint(Stream message, ulong value)
    {
        for (; value >= 128; value >>= 7)
        {
            message.WriteByte((byte)(value | 128));
        }

        message.WriteByte((byte)value);
    }
}
