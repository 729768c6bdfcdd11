using BenchmarkDotNet.Attributes;
using VggCuda.Engine.Display;
using VggCuda.Engine.Images;
using VggCuda.Imaging;

namespace VggCuda.Bench.Host;

/// <summary>From the optimised array to the file: one picture of 224 x 224, and a sheet of ten.</summary>
public class PictureBenchmarks
{
    private readonly double[] _image = new double[224 * 224 * 3];
    private readonly Dictionary<string, string> _text = new() { ["Software"] = "VggCuda", ["vggcuda:plan"] = new string('x', 1500) };
    private Picture _picture = null!;
    private Picture[] _ten = null!;
    private Picture _grid = null!;

    /// <summary>Reads the picture.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _picture = Samples.Picture();
        _ten = [.. Enumerable.Repeat(_picture, 10)];
        _grid = Grid.Stitch(_ten);
        for (int i = 0; i < _image.Length; i++)
        {
            _image[i] = _picture.Rgb[i] - 100.0;
        }
    }

    [Benchmark]
    public byte[] Deprocess224() => Deprocess.KerasVis(_image);

    [Benchmark]
    public Picture Label224() => Label.Draw(_picture, "20 water_ouzel");

    [Benchmark]
    public Picture StitchTen() => Grid.Stitch(_ten);

    [Benchmark]
    public byte[] Png224() => PictureFile.EncodePng(_picture, _text);

    [Benchmark]
    public byte[] PngOfTheGrid() => PictureFile.EncodePng(_grid, _text);
}
