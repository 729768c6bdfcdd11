namespace VggCuda.Imaging;

/// <summary>Chooses colours that stand for all colours of some pictures.</summary>
/// <remarks>
/// Heckbert, "Color Image Quantization for Frame Buffer Display", 1982, with the cut of Wu ("Efficient Statistical Computations for
/// Optimal Color Quantization", 1991): the box with the largest squared error is cut across its widest-spread channel where the two
/// halves' squared errors add up to least.
/// </remarks>
internal static class MedianCut
{
    // Six bits a channel tell colours apart well enough for choosing; each bin remembers its true mean.
    private const int Bits = 6;

    /// <summary>At most <paramref name="count"/> colours, 0xRRGGBB, darkest first.</summary>
    public static int[] Choose(IReadOnlyList<Picture> pictures, int count)
    {
        Bin[] bins = Histogram(pictures);
        List<Box> boxes = [new Box(bins, 0, bins.Length)];
        while (boxes.Count < count)
        {
            int worst = 0;
            for (int i = 1; i < boxes.Count; i++)
            {
                worst = boxes[i].Error > boxes[worst].Error ? i : worst;
            }

            if (boxes[worst].Length < 2)
            {
                break;
            }

            (boxes[worst], Box other) = boxes[worst].Cut(bins);
            boxes.Add(other);
        }

        return [.. boxes.Select(b => b.Colour).Distinct().OrderBy(Luminance).ThenBy(c => c)];
    }

    /// <summary>Perceived lightness, in thousandths (ITU-R BT.601).</summary>
    public static int Luminance(int colour) => (299 * (colour >> 16)) + (587 * ((colour >> 8) & 255)) + (114 * (colour & 255));

    private static Bin[] Histogram(IReadOnlyList<Picture> pictures)
    {
        long[] sums = new long[4 << (3 * Bits)];
        foreach (Picture picture in pictures)
        {
            byte[] rgb = picture.Rgb;
            for (int i = 0; i < rgb.Length; i += 3)
            {
                int r = rgb[i], g = rgb[i + 1], b = rgb[i + 2];
                int bin = (((r >> (8 - Bits)) << (2 * Bits)) | ((g >> (8 - Bits)) << Bits) | (b >> (8 - Bits))) * 4;
                sums[bin] += r;
                sums[bin + 1] += g;
                sums[bin + 2] += b;
                sums[bin + 3]++;
            }
        }

        List<Bin> bins = [];
        for (int i = 0; i < sums.Length; i += 4)
        {
            if (sums[i + 3] > 0)
            {
                double n = sums[i + 3];
                bins.Add(new Bin(sums[i] / n, sums[i + 1] / n, sums[i + 2] / n, n));
            }
        }

        return [.. bins];
    }

    private readonly record struct Bin(double R, double G, double B, double Count)
    {
        public double Channel(int channel) => channel == 0 ? R : channel == 1 ? G : B;
    }

    /// <summary>A range of bins.</summary>
    private readonly struct Box
    {
        private readonly int _start;
        private readonly int _widest;

        public Box(Bin[] bins, int start, int length)
        {
            _start = start;
            Length = length;
            double worst = -1;
            double[] means = new double[3];
            for (int channel = 0; channel < 3; channel++)
            {
                double n = 0, sum = 0, squares = 0;
                foreach (Bin bin in bins.AsSpan(start, length))
                {
                    double value = bin.Channel(channel);
                    n += bin.Count;
                    sum += bin.Count * value;
                    squares += bin.Count * value * value;
                }

                means[channel] = sum / n;
                double error = Math.Max(0, squares - (sum * sum / n));
                Error += error;
                if (error > worst)
                {
                    (worst, _widest) = (error, channel);
                }
            }

            // A box of one bin cannot be cut, however many pixels it has.
            Error = length > 1 ? Error : -1;
            Colour = ((int)(means[0] + 0.5) << 16) | ((int)(means[1] + 0.5) << 8) | (int)(means[2] + 0.5);
        }

        public int Length { get; }

        public double Error { get; }

        public int Colour { get; }

        public (Box Lower, Box Upper) Cut(Bin[] bins)
        {
            int channel = _widest;
            Span<Bin> mine = bins.AsSpan(_start, Length);
            double[] keys = new double[Length];
            for (int i = 0; i < Length; i++)
            {
                keys[i] = mine[i].Channel(channel);
            }

            keys.AsSpan().Sort(mine);
            double total = 0, totalCount = 0;
            foreach (Bin bin in mine)
            {
                total += bin.Count * bin.Channel(channel);
                totalCount += bin.Count;
            }

            // The squared errors are least where sum^2 / n of both halves is most.
            double sum = 0, n = 0, best = double.NegativeInfinity;
            int cut = 1;
            for (int i = 0; i < Length - 1; i++)
            {
                sum += mine[i].Count * mine[i].Channel(channel);
                n += mine[i].Count;
                double gain = (sum * sum / n) + ((total - sum) * (total - sum) / (totalCount - n));
                if (gain > best)
                {
                    (best, cut) = (gain, i + 1);
                }
            }

            return (new Box(bins, _start, cut), new Box(bins, _start + cut, Length - cut));
        }
    }
}
