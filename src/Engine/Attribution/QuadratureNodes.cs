namespace VggCuda.Engine.Attribution;

/// <summary>Nodes in 0..1 and their weights, which add up to 1.</summary>
internal sealed class QuadratureNodes
{
    private QuadratureNodes(double[] places, double[] weights) => (Places, Weights) = (places, weights);

    public double[] Places { get; }

    public double[] Weights { get; }

    /// <param name="rule">The rule.</param>
    /// <param name="count">Nodes, 2 or more.</param>
    public static QuadratureNodes Of(Quadrature rule, int count) => rule switch
    {
        Quadrature.Midpoint => new([.. Enumerable.Range(0, count).Select(i => (i + 0.5) / count)], [.. Enumerable.Repeat(1.0 / count, count)]),
        Quadrature.Trapezoid => new(
            [.. Enumerable.Range(0, count).Select(i => i / (count - 1.0))],
            [.. Enumerable.Range(0, count).Select(i => (i == 0 || i == count - 1 ? 0.5 : 1.0) / (count - 1.0))]),
        _ => GaussLegendre(count),
    };

    // Newton's method on Legendre's polynomial from Tricomi's estimate of its roots; the polynomial and its derivative by the
    // three-term recurrence (Abramowitz and Stegun, 22.7.10 and 25.4.29).
    private static QuadratureNodes GaussLegendre(int count)
    {
        double[] places = new double[count];
        double[] weights = new double[count];
        for (int i = 0; i < (count + 1) / 2; i++)
        {
            double x = (1 - ((count - 1.0) / (8.0 * count * count * count))) * Math.Cos(Math.PI * (i + 0.75) / (count + 0.5));
            double slope = 0;
            for (int round = 0; round < 20; round++)
            {
                double before = 1;
                double value = x;
                for (int k = 2; k <= count; k++)
                {
                    (before, value) = (value, ((((2 * k) - 1) * x * value) - ((k - 1) * before)) / k);
                }

                slope = count * ((x * value) - before) / ((x * x) - 1);
                double change = value / slope;
                x -= change;
                if (Math.Abs(change) < 1e-16)
                {
                    break;
                }
            }

            double weight = 1 / ((1 - (x * x)) * slope * slope);
            (places[i], places[count - 1 - i]) = ((1 - x) / 2, (1 + x) / 2);
            (weights[i], weights[count - 1 - i]) = (weight, weight);
        }

        return new(places, weights);
    }
}
