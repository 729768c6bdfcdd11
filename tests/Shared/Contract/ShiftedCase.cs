using VggCuda.Engine.Backends;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>A shift on the way into the network, in one operation and in two.</summary>
public static class ShiftedCase
{
    /// <summary>Programs of every preprocessing and several batches and taps.</summary>
    public static readonly string[] Networks = ["block1_conv1", "block1_pool", "block1_conv2, a channel each", "block3_conv1 before", "predictions"];

    /// <summary>Goes through a table of shifts and a step beyond it, with every step's shifted image, tap and gradient.</summary>
    /// <param name="t">Tensors of the backend.</param>
    /// <param name="one">What to run.</param>
    /// <param name="precision">In which arithmetic.</param>
    /// <param name="mode">How edges are treated.</param>
    /// <param name="fused">Whether in one operation.</param>
    public static List<double[]> Run(Tensors t, NetworkCase one, Precision precision, ShiftMode mode, bool fused)
    {
        INetworkProgram program = t.Own(t.Backend.Compile(one.Network, one.Spec with { Precision = precision }));
        TensorShape shape = program.InputShape;
        (double[] shifts, int rows) = Table(shape);
        double[] values = one.Images();
        ITensor image = t.Put(shape, values);
        ITensor shifted = t.Put(shape, Samples.Uniform(shape, -9, 9, 4));
        ITensor table = t.Put(new TensorShape(rows, shape.N, 1, 2), shifts);
        ITensor gradient = t.Zeros(shape);
        ITensor tapGradient = t.Put(program.Tap.Shape, one.TapGradients());
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        List<double[]> results = [];

        // What an earlier pass has left in the network must not matter.
        program.Forward(shifted);
        foreach (int row in (int[])[.. Enumerable.Range(0, rows), 1000])
        {
            t.Backend.Fill(step, row);
            if (fused)
            {
                ShiftedPass.Forward(t.Backend, program, image, shifted, table, step, mode);
            }
            else
            {
                t.Backend.Shift(image, shifted, table, step, mode);
                program.Forward(shifted);
            }

            program.Backward(tapGradient, gradient);
            results.AddRange([t.Get(shifted), t.Get(program.Tap), t.Get(gradient)]);
        }

        results.Add(t.Get(image));
        return results;
    }

    // None, one pixel, as far as the sides allow, one axis alone, and what the seed says; another row for every image.
    private static (double[] Shifts, int Rows) Table(TensorShape shape)
    {
        int h = shape.H - 1, w = shape.W - 1;
        (int Dy, int Dx)[] edges = [(0, 0), (1, -1), (h, -w), (-h, w), (0, w), (h, 0), (-1, 0)];
        double[] seeded = Samples.Shifts(3, shape, 78);
        double[] all = new double[(edges.Length * shape.N * 2) + seeded.Length];
        for (int row = 0; row < edges.Length; row++)
        {
            for (int n = 0; n < shape.N; n++)
            {
                (int dy, int dx) = edges[(row + n) % edges.Length];
                all[((row * shape.N) + n) * 2] = dy;
                all[(((row * shape.N) + n) * 2) + 1] = dx;
            }
        }

        seeded.CopyTo(all, edges.Length * shape.N * 2);
        return (all, edges.Length + 3);
    }
}
