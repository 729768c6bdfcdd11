namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>2x2 maximum, stride 2, no padding: an odd last row or column is dropped.</summary>
/// <remarks>y[r, s, c] = max of x[2r+u, 2s+v, c], u and v in 0..1. The gradient goes to the first maximum in row-major order, as TensorFlow's does.</remarks>
internal static class MaxPool
{
    /// <summary>From (h, w, c) to (h/2, w/2, c); <paramref name="chosen"/> gets the input index of each maximum.</summary>
    public static void Forward(double[] input, double[] output, int[] chosen, TensorShape shape)
    {
        int index = 0;
        for (int n = 0; n < shape.N; n++)
        {
            for (int r = 0; r < shape.H / 2; r++)
            {
                for (int s = 0; s < shape.W / 2; s++)
                {
                    for (int c = 0; c < shape.C; c++)
                    {
                        int first = ((((n * shape.H) + (2 * r)) * shape.W) + (2 * s)) * shape.C + c;
                        int best = first;
                        foreach (int other in (ReadOnlySpan<int>)[first + shape.C, first + (shape.W * shape.C), first + (shape.W * shape.C) + shape.C])
                        {
                            // NaN counts as the largest, so that a failure shows in the loss.
                            if (input[other] > input[best] || (double.IsNaN(input[other]) && !double.IsNaN(input[best])))
                            {
                                best = other;
                            }
                        }

                        output[index] = input[best];
                        chosen[index] = best;
                        index++;
                    }
                }
            }
        }
    }

    /// <summary>dx[chosen[j]] = dy[j], 0 elsewhere.</summary>
    public static void Backward(double[] outputGradient, int[] chosen, double[] inputGradient)
    {
        Array.Clear(inputGradient);
        for (int j = 0; j < outputGradient.Length; j++)
        {
            inputGradient[chosen[j]] = outputGradient[j];
        }
    }
}
