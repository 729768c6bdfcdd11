namespace VggCuda.Engine.Backends.Reference;

/// <content>Optimisers beside RMSprop, and objectives that are evaluated each step.</content>
public sealed partial class ReferenceBackend
{
    /// <inheritdoc/>
    public void Adam(ITensor image, ITensor gradient, ITensor mean, ITensor square, ITensor step, double rate, double beta1, double beta2, double epsilon)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        OperationChecks.Same(image, nameof(image), mean, nameof(mean));
        OperationChecks.Same(image, nameof(image), square, nameof(square));
        double[] x = ValuesOf(image, nameof(image));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] m = ValuesOf(mean, nameof(mean));
        double[] v = ValuesOf(square, nameof(square));
        double t = StepOf(step) + 1;
        double ofMean = 1 - Math.Pow(beta1, t);
        double ofSquare = 1 - Math.Pow(beta2, t);
        for (int i = 0; i < x.Length; i++)
        {
            m[i] = (beta1 * m[i]) + ((1 - beta1) * g[i]);
            v[i] = (beta2 * v[i]) + ((1 - beta2) * g[i] * g[i]);
            x[i] -= rate * (m[i] / ofMean) / (Math.Sqrt(v[i] / ofSquare) + epsilon);
        }
    }

    /// <inheritdoc/>
    public void Momentum(ITensor image, ITensor gradient, ITensor velocity, double rate, double decay)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(image, nameof(image), gradient, nameof(gradient));
        OperationChecks.Same(image, nameof(image), velocity, nameof(velocity));
        double[] x = ValuesOf(image, nameof(image));
        double[] g = ValuesOf(gradient, nameof(gradient));
        double[] v = ValuesOf(velocity, nameof(velocity));
        for (int i = 0; i < x.Length; i++)
        {
            v[i] = (decay * v[i]) + g[i];
            x[i] -= rate * v[i];
        }
    }

    /// <inheritdoc/>
    public void Dot(ITensor a, ITensor b, double weight, ITensor value)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.Same(a, nameof(a), b, nameof(b));
        OperationChecks.PerImage(a, nameof(a), value, nameof(value));
        double[] left = ValuesOf(a, nameof(a));
        double[] right = ValuesOf(b, nameof(b));
        double[] result = ValuesOf(value, nameof(value));
        int perImage = (int)a.Shape.CountPerImage;
        for (int n = 0; n < result.Length; n++)
        {
            double sum = 0;
            for (int i = n * perImage; i < (n + 1) * perImage; i++)
            {
                sum += left[i] * right[i];
            }

            result[n] = weight * sum;
        }
    }

    /// <inheritdoc/>
    public void MeanSquare(ITensor tap, double weight, ITensor value, ITensor gradient)
    {
        using BackendUse.Visit visit = InUse.Enter();
        OperationChecks.PerImage(tap, nameof(tap), value, nameof(value));
        OperationChecks.Same(tap, nameof(tap), gradient, nameof(gradient));
        double[] a = ValuesOf(tap, nameof(tap));
        double[] result = ValuesOf(value, nameof(value));
        double[] g = ValuesOf(gradient, nameof(gradient));
        int perImage = (int)tap.Shape.CountPerImage;
        for (int n = 0; n < result.Length; n++)
        {
            double sum = 0;
            for (int i = n * perImage; i < (n + 1) * perImage; i++)
            {
                sum += a[i] * a[i];
                g[i] += 2 * weight / perImage * a[i];
            }

            result[n] = weight * sum / perImage;
        }
    }
}
