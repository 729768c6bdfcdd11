namespace VggCuda.Engine.Images;

/// <summary>Mean and population standard deviation, summed in pairs as NumPy sums, so that both agree to the last digits.</summary>
internal static class Statistics
{
    public static (double Mean, double Deviation) MeanAndDeviation(ReadOnlySpan<double> values)
    {
        double mean = PairwiseSum(values, 0, squared: false) / values.Length;
        return (mean, Math.Sqrt(PairwiseSum(values, mean, squared: true) / values.Length));
    }

    // Halving keeps the rounding error at O(log n) (Higham, "The Accuracy of Floating Point Summation", 1993).
    private static double PairwiseSum(ReadOnlySpan<double> values, double centre, bool squared)
    {
        if (values.Length > 128)
        {
            int half = values.Length / 2;
            half -= half % 8;
            return PairwiseSum(values[..half], centre, squared) + PairwiseSum(values[half..], centre, squared);
        }

        double sum = 0;
        foreach (double value in values)
        {
            double difference = value - centre;
            sum += squared ? difference * difference : difference;
        }

        return sum;
    }
}
