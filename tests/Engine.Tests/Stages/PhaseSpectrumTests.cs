using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Stages;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Stages;

/// <summary>Pictures of which only the phases are free.</summary>
public sealed class PhaseSpectrumTests : IDisposable
{
    private readonly ReferenceBackend _backend = new();
    private readonly Tensors _t;

    public PhaseSpectrumTests() => _t = new Tensors(_backend);

    public void Dispose()
    {
        _t.Dispose();
        _backend.Dispose();
    }

    [Theory]
    [InlineData(12, 16)]
    [InlineData(9, 11)]
    public void Whatever_the_phases_the_waves_have_the_sizes_of_the_law(int height, int width)
    {
        double[] first = Sizes(height, width, 51);
        double[] second = Sizes(height, width, 52);
        int half = (width / 2) + 1;
        double scale = double.NaN;
        for (int k = 0; k < height; k++)
        {
            // The first column and, of even widths, the last are their own mirror images, so that their phases are not all free.
            for (int l = 1; 2 * l < width; l++)
            {
                double fy = (double)Math.Min(k, height - k) / height;
                double f = Math.Max(Math.Sqrt((fy * fy) + ((double)l * l / (width * width))), 1.0 / Math.Max(height, width));
                double law = Math.Pow(f, -1.293) * Math.Exp(-Math.Pow(f / 0.2976, 2.266));
                int place = ((k * half) + l) * 3;
                scale = double.IsNaN(scale) ? first[place] / law : scale;
                Assert.Equal(1, first[place] / law / scale, 1e-9);
                Assert.Equal(0.922, first[place + 1] / first[place], 1e-9);
                Assert.Equal(0.833, first[place + 2] / first[place], 1e-9);
                Assert.Equal(1, second[place] / first[place], 1e-9);
            }
        }
    }

    [Fact]
    public void A_measured_spectrum_is_that_of_the_pictures_waves()
    {
        // Two waves of the first colour: 3 cycles down, 8 across, and one along the columns of 20; on grey.
        byte[] rgb = new byte[MeanSpectrum.Side * MeanSpectrum.Side * 3];
        for (int y = 0; y < MeanSpectrum.Side; y++)
        {
            for (int x = 0; x < MeanSpectrum.Side; x++)
            {
                double value = 127.5 + (60 * Math.Cos(2 * Math.PI * ((3.0 * y) + (8.0 * x)) / 256)) + (30 * Math.Cos(2 * Math.PI * 20 * x / 256.0));
                rgb.AsSpan(((y * MeanSpectrum.Side) + x) * 3, 3).Fill((byte)Math.Round(value));
            }
        }

        SpectrumMeter meter = new();
        meter.Add(rgb);
        meter.Add(rgb);
        MeanSpectrum spectrum = meter.Result();
        spectrum.Validate();
        Assert.Equal(2, spectrum.Pictures);

        // Grey is 3 x 0.57744 times itself in the first decorrelated colour; half a wave's size in each of its two places, the mean with its mirror image halves one that is slanted.
        double unit = 0.57744 * 3 / 255 * 65536 / 2;
        int bands = MeanSpectrum.Bands.Length;
        Assert.Equal(60 * unit / 2 / (1 * 2), At(3, 7), 60 * unit * 0.01);
        Assert.Equal(30 * unit / (1 * 4), At(0, 12), 30 * unit * 0.01);
        Assert.True(At(5, 5) < unit / 100);

        double At(int row, int column) => spectrum.Magnitudes[((row * bands) + column) * 3];
    }

    [Fact]
    public void A_measured_spectrum_is_read_between_its_bands_and_beyond_them()
    {
        int bands = MeanSpectrum.Bands.Length;
        MeanSpectrum spectrum = new() { Pictures = 1, Magnitudes = [.. Enumerable.Range(0, bands * bands * 3).Select(i => i < 3 ? 500f : 100f / (1 + MeanSpectrum.Bands[i / 3 / bands] + MeanSpectrum.Bands[i / 3 % bands]))] };
        Assert.Equal(500, spectrum.At(0, 0, 0), 1e-3);
        Assert.Equal(100.0 / (1 + 3), spectrum.At(3 / 256.0, 0, 1), 1e-4);
        Assert.Equal(100.0 / (1 + 256), spectrum.At(0.5, 0.5, 2), 1e-4);
        Assert.Equal(Math.Sqrt(100.0 / 7 * 100 / 9), spectrum.At(7 / 256.0, 0, 0), 1e-4);
        Assert.Equal(spectrum.At(1 / 256.0, 1 / 256.0, 0), spectrum.At(1 / 1024.0, 1 / 1024.0, 0), 1e-9);
        Assert.Equal(spectrum.Magnitudes, MeanSpectrum.FromJson(spectrum.ToJson()).Magnitudes);
        Assert.Throws<PlanException>(() => MeanSpectrum.FromJson("{\"pictures\":1,\"magnitudes\":[1,2]}"));
    }

    [Fact]
    public void No_spot_stands_out_where_all_phases_are_alike()
    {
        TensorShape picture = new(1, 32, 32, 3);
        double[] values = Picture(picture, _ => 0.0);
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        Assert.True(values.Max(v => Math.Abs(v - mean)) < 6 * deviation);
    }

    private double[] Sizes(int height, int width, uint seed)
    {
        TensorShape picture = new(1, height, width, 3);
        double[] phases = Samples.Uniform(new PhaseSpectrum().InputShape(picture), -4, 4, seed);
        double[] values = Picture(picture, i => phases[i]);

        // A spectrum without decay is rfft2 up to a factor.
        double[] waves = new Spectrum(0).Inverse(values, picture);
        int row = ((width / 2) + 1) * 3;
        return [.. Enumerable.Range(0, height * row).Select(i => Math.Sqrt(Math.Pow(waves[(i / row * 2 * row) + (i % row)], 2) + Math.Pow(waves[(i / row * 2 * row) + row + (i % row)], 2)))];
    }

    private double[] Picture(TensorShape picture, Func<int, double> phase)
    {
        PhaseSpectrum stage = new();
        StageTensors tensors = StageCase.Allocate(_t, stage, picture);
        _backend.Upload(tensors.Input, [.. Enumerable.Range(0, (int)tensors.Input.Shape.Count).Select(phase)]);
        stage.Forward(_backend, tensors);
        return _t.Get(tensors.Output);
    }
}
