using VggCuda.Engine.Model;

namespace VggCuda.Cli.Examples;

/// <summary>What of the picture one value of a layer looks at: along rows and columns alike <c>[Start + i * Stride, Start + i * Stride + Size)</c> for the value at <c>i</c>.</summary>
/// <param name="Size">Rows and columns.</param>
/// <param name="Stride">From one value to the next.</param>
/// <param name="Start">Of the value at 0; below 0 because of the zeros around a convolution's input.</param>
internal sealed record ReceptiveField(int Size, int Stride, int Start)
{
    /// <summary>Of a layer, in a picture of a size.</summary>
    /// <param name="topology">The network.</param>
    /// <param name="layer">One of its layers; a dense one sees everything.</param>
    /// <param name="side">Rows and columns of the network's input.</param>
    /// <remarks>A convolution of 3 x 3 with a border of 1 adds a step at either side, a pooling of 2 x 2 one at the far side, and doubles the steps
    /// (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019, equations 2 to 4).</remarks>
    public static ReceptiveField Of(Topology topology, Layer layer, int side)
    {
        (int size, int stride, int start) = (1, 1, 0);
        foreach (Layer below in topology.Layers.Take(layer.Index + 1))
        {
            switch (below.Kind)
            {
                case LayerKind.Convolution:
                    size += 2 * stride;
                    start -= stride;
                    break;
                case LayerKind.MaxPool:
                    size += stride;
                    stride *= 2;
                    break;
                case LayerKind.Flatten or LayerKind.Dense:
                    return new ReceptiveField(side, side, 0);
            }
        }

        return new ReceptiveField(size, stride, start);
    }
}
