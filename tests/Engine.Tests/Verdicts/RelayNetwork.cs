using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Engine.Tests.Verdicts;

/// <summary>
/// A VGG16 whose first layer measures things that can be told by hand and whose other layers hand them on: red, green, blue (0..255), how much a checkerboard
/// is in the red, a unit that is always off, and one that is always 5. Its classes are red, green and blue.
/// </summary>
internal static class RelayNetwork
{
    public const int Side = 32;
    public const int Red = 0;
    public const int Off = 4;
    public const int Constant = 5;
    private const int Channels = 6;

    /// <param name="fooled">What the checkerboard adds to the logit of red.</param>
    public static Network Create(float fooled = 0) => Network.FromWeights(Weights(fooled));

    public static MemoryWeights Weights(float fooled)
    {
        MemoryWeights weights = new("relay");
        float[] first = new float[9 * 3 * Channels];
        float[] bias = [123.68f, 116.779f, 103.939f, 0, -1e6f, 5];
        for (int c = 0; c < 3; c++)
        {
            // The network takes blue, green, red.
            first[(((4 * 3) + (2 - c)) * Channels) + c] = 1;
        }

        ReadOnlySpan<float> line = [1, -2, 1];
        for (int place = 0; place < 9; place++)
        {
            first[(((place * 3) + 2) * Channels) + 3] = -line[place / 3] * line[place % 3];
        }

        weights.Add("block1_conv1", [3, 3, 3, Channels], first, bias);
        float[] same = new float[9 * Channels * Channels];
        for (int i = 0; i < 9 * Channels; i++)
        {
            // The mean of the neighbourhood, so that every pixel counts and not the largest alone.
            same[(i * Channels) + (i % Channels)] = 1f / 9;
        }

        foreach (string layer in Architecture.Named("VGG16")!.Convolutions.Skip(1))
        {
            weights.Add(layer, [3, 3, Channels, Channels], same, new float[Channels]);
        }

        float[] unit = new float[Channels * Channels];
        for (int c = 0; c < Channels; c++)
        {
            unit[(c * Channels) + c] = 1;
        }

        weights.Add("fc1", [Channels, Channels], unit, new float[Channels]);
        weights.Add("fc2", [Channels, Channels], unit, new float[Channels]);
        float[] classes = new float[Channels * 3];
        for (int c = 0; c < 3; c++)
        {
            for (int k = 0; k < 3; k++)
            {
                classes[(c * 3) + k] = c == k ? 1 : -0.5f;
            }
        }

        classes[3 * 3] = fooled;
        weights.Add("predictions", [Channels, 3], classes, new float[3]);
        return weights;
    }

    /// <summary>A picture of one colour.</summary>
    public static float[] Plain(float red, float green, float blue) => [.. Enumerable.Range(0, Side * Side * 3).Select(i => i % 3 == 0 ? red : i % 3 == 1 ? green : blue)];

    /// <summary>Pictures of each class: its colour strong, the others weak, each falling or rising evenly from edge to edge, with some noise.</summary>
    public static IEnumerable<float[]> Samples(int perClass)
    {
        Random random = new(5);
        for (int i = 0; i < 3 * perClass; i++)
        {
            float[] picture = new float[Side * Side * 3];
            double noise = 8 * random.NextDouble();
            for (int c = 0; c < 3; c++)
            {
                double middle = (c == i % 3 ? 170 : 60) + (30 * random.NextDouble());
                (double across, double down) = ((random.NextDouble() - 0.5) * 60, (random.NextDouble() - 0.5) * 60);
                for (int p = 0; p < Side * Side; p++)
                {
                    picture[(p * 3) + c] = (float)(middle + (across * ((p % Side / (double)Side) - 0.5)) + (down * ((p / Side / (double)Side) - 0.5)) + (noise * (random.NextDouble() - 0.5)));
                }
            }

            yield return picture;
        }
    }

    /// <summary>Statistics of pictures, and the logits of each.</summary>
    public static UnitStatistics Measure(IBackend backend, Network network, IEnumerable<float[]> pictures, List<float[]>? logits = null)
    {
        StatisticsMeter meter = new(network);
        ProgramSpec spec = new() { Taps = meter.Taps, Batch = 1, Height = Side, Width = Side, NeedsGradient = false };
        using INetworkProgram program = backend.Compile(network, spec);
        using ITensor input = backend.Allocate(program.InputShape);
        foreach (float[] picture in pictures)
        {
            backend.Upload(input, picture);
            program.Forward(input);
            float[][] values = [.. program.Taps.Select(t => new float[t.Shape.Count])];
            for (int l = 0; l < values.Length; l++)
            {
                backend.Download(program.Taps[l], values[l].AsSpan());
            }

            meter.Add([.. values.Select(v => (ReadOnlyMemory<float>)v)]);
            logits?.Add(values[^1]);
        }

        return meter.Result("relay", network.Weights.ComputeSha256()!, Side);
    }

    /// <summary>The backend of these tests, on one thread.</summary>
    public static CpuBackend Backend() => new(1);
}
