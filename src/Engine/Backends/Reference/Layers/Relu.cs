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
}
