namespace VggCuda.Engine.Backends.Reference.Layers;

/// <summary>y = max(x, 0); its derivative is 1 where x &gt; 0 and 0 elsewhere, 0 included.</summary>
/// <remarks>Nair and Hinton (2010); the derivative at 0 is TensorFlow's choice. NaN stays NaN, so that a failure shows in the loss.</remarks>
internal static class Relu
{
    /// <summary>In place.</summary>
    public static void Forward(double[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = values[i] <= 0 ? 0 : values[i];
        }
    }

    /// <summary>In place; y &gt; 0 exactly where x &gt; 0, so the outputs tell the decisions.</summary>
    public static void Backward(double[] outputs, double[] gradient, ReluRule rule = ReluRule.Plain)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            bool stopped = rule != ReluRule.Deconvnet && outputs[i] <= 0;
            stopped |= rule != ReluRule.Plain && gradient[i] <= 0;
            gradient[i] = stopped ? 0 : gradient[i];
        }
    }

    /// <summary>In place; for each image the derivative, or where that leaves nothing of its gradient, what would raise the input: min(g, 0).</summary>
    /// <remarks>lucid <c>redirected_relu_grad</c>: it keeps g where x is above 0 too, but there g is 0 where nothing is left. At x = 0 lucid's ordinary gradient passes, ours does not.</remarks>
    public static void Rescue(double[] outputs, double[] gradient, int images)
    {
        int perImage = gradient.Length / images;
        for (int n = 0; n < images; n++)
        {
            bool passes = false;
            for (int i = n * perImage; i < (n + 1) * perImage; i++)
            {
                passes |= !(outputs[i] <= 0) && gradient[i] != 0;
            }

            for (int i = n * perImage; i < (n + 1) * perImage; i++)
            {
                bool stopped = passes ? outputs[i] <= 0 : gradient[i] > 0;
                gradient[i] = stopped ? 0 : gradient[i];
            }
        }
    }
}
