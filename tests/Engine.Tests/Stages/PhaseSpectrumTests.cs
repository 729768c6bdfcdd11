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
