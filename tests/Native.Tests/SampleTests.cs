using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Rendering;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;
using VggCuda.Tests.Shared;

namespace VggCuda.Native.Tests;

/// <summary>The samples in examples/, built as their readers build them, from a copy of the library elsewhere: the bird is the command line's, the gradient the engine's, bit for bit.</summary>
[Collection(nameof(Library))]
public sealed class SampleTests(Library library)
{
    private const int Side = 96;

    [Fact]
    public void The_c_sample_by_pkg_config()
    {
        string installed = Elsewhere("pc");
        Tools.Need("pkg-config", "make", "gcc");
        string folder = Copy("c", "make");
        Tools.Succeed(folder, "make", ["CC=gcc"], ("PKG_CONFIG_PATH", $"{installed}/lib/pkgconfig"));
        Draws(folder, "bird");
    }

    [Fact]
    public void The_c_sample_by_cmake() => Draws(Build("c"), "build/bird");

    [Fact]
    public void The_cpp_sample_by_cmake()
    {
        string folder = Build("cpp");
        Outcome outcome = Draws(folder, "build/bird", "map.f32");
        Assert.Contains("% bird", outcome.Output, StringComparison.Ordinal);

        // What the command line says of the saved picture.
        File.WriteAllBytes(Path.Combine(folder, "saved.png"), PictureFile.EncodePng(Ppm(Path.Combine(folder, "bird.ppm"))));
        CommandLine(folder, "attribute", "saved.png", "--method", "saliency", "--class", "20", "--raw", "map.npy");
        float[] map = NpyFloats(Path.Combine(folder, "map.npy"));
        Assert.Equal(Floats(Path.Combine(folder, "map.f32")), map);

        // Saliency is the largest size of the gradient over the channels: the gradient is the command line's, too.
        float[] gradient = Floats(Path.Combine(folder, "gradient.f32"));
        Assert.Equal(Enumerable.Range(0, Side * Side).Select(i => gradient.AsSpan(i * 3, 3).ToArray().Max(MathF.Abs)), map);
    }

    [Fact]
    public void The_python_sample()
    {
        string installed = Elsewhere("python");
        string? python = new[] { "/usr/bin/python3", Tools.Find("python3") }.FirstOrDefault(p => p is not null && File.Exists(p) && Tools.Run(library.Folder, p, ["-c", "import numpy"]).Code == 0);
        Assert.SkipUnless(python is not null, "There is no Python with NumPy on this machine (python3-numpy).");
        string folder = Copy("python", "python");
        Tools.Succeed(folder, python!, ["bird.py", "bird.ppm", "gradient.npy"], ("LD_LIBRARY_PATH", $"{installed}/lib"));
        Compare(folder, NpyFloats(Path.Combine(folder, "gradient.npy")));
    }

    [Fact]
    public void Another_version_is_not_found_by_cmake()
    {
        string installed = Elsewhere("version");
        Tools.Need("cmake", "gcc");
        string folder = Copy("c", "version");
        string list = Path.Combine(folder, "CMakeLists.txt");
        File.WriteAllText(list, File.ReadAllText(list).Replace("find_package(VggCuda 0.1 ", "find_package(VggCuda 0.9 ", StringComparison.Ordinal));
        Outcome outcome = Tools.Run(folder, "cmake", ["-S", ".", "-B", "build", $"-DCMAKE_PREFIX_PATH={installed}"]);
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains("0.9", outcome.Error, StringComparison.Ordinal);
    }

    private string Build(string sample)
    {
        string installed = Elsewhere("cmake");
        Tools.Need("cmake", "gcc", "g++");
        string folder = Copy(sample, "cmake");
        Tools.Succeed(folder, "cmake", ["-S", ".", "-B", "build", $"-DCMAKE_PREFIX_PATH={installed}", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_CXX_COMPILER=g++"]);
        Tools.Succeed(folder, "cmake", ["--build", "build"]);
        return folder;
    }

    // The library may lie anywhere, and no file in it says where it was made.
    private string Elsewhere(string name)
    {
        library.Need();
        string target = Path.Combine(library.Folder, "moved", name, "prefix");
        if (!Directory.Exists(target))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Tools.Succeed(library.Folder, "cp", ["-a", Library.Root, target]);
        }

        return target;
    }

    private string Copy(string sample, string name)
    {
        string folder = Path.Combine(library.Folder, $"{sample}-{name}");
        Tools.Succeed(library.Folder, "cp", ["-r", SourceTree.PathOf($"examples/{sample}"), folder]);
        return folder;
    }

    private static Outcome Draws(string folder, string program, params string[] more)
    {
        Outcome outcome = Tools.Succeed(folder, Path.Combine(folder, program), ["bird.ppm", "gradient.f32", .. more]);
        Assert.Contains("96 x 96, logit ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains(" of 64", outcome.Error, StringComparison.Ordinal);
        Compare(folder, Floats(Path.Combine(folder, "gradient.f32")));
        return outcome;
    }

    private static void Compare(string folder, float[] gradient)
    {
        Picture drawn = Ppm(Path.Combine(folder, "bird.ppm"));
        CommandLine(folder, "activate", "--objective", "predictions:bird", "--seed", "1337", "--iterations", "64", "--raw", "raw.npy", "--scale", "1", "-o", "own.png");
        Assert.Equal((Side, Side), (drawn.Width, drawn.Height));

        // The same values; the sheet of the command line has a title beside the picture.
        float[] own = NpyFloats(Path.Combine(folder, "raw.npy"));
        Assert.Equal(new Engine.Display.RgbDisplay().Show([.. own.Select(v => (double)v)]), drawn.Rgb);

        using KerasWeights weights = KerasWeights.Open(SourceTree.PathOf("models/demo.h5"));
        Network network = Network.FromWeights(weights);
        using CpuBackend backend = new();
        using ObjectiveGradient engine = new(backend, network, ObjectiveText.Parse("predictions:20", 1, network, _ => null), 1, Side, Side, Preprocessing.Vgg16, Precision.Auto);
        float[] expected = new float[Side * Side * 3];
        engine.Evaluate([.. drawn.Rgb.Select(b => (float)b)], [], expected);
        Assert.True(MemoryMarshal.AsBytes<float>(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(gradient)), "The gradient has other bits than the engine's.");
    }

    private static void CommandLine(string folder, params string[] arguments) =>
        Tools.Succeed(folder, Path.Combine(AppContext.BaseDirectory, "vggcuda"), [.. arguments, "--weights", "demo", "--device", "cpu", "--quiet"]);

    private static Picture Ppm(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int end = Array.IndexOf(bytes, (byte)'\n');
        int[] size = [.. System.Text.Encoding.ASCII.GetString(bytes, 0, end).Split(' ').Skip(1).Select(int.Parse)];
        return new Picture(size[0], size[1], bytes[(end + 1)..]);
    }

    // Version 1: the length of the header stands behind eight bytes.
    private static float[] NpyFloats(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int start = 10 + BitConverter.ToUInt16(bytes, 8);
        Assert.Contains("'descr': '<f4'", System.Text.Encoding.ASCII.GetString(bytes, 0, start), StringComparison.Ordinal);
        return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start)).ToArray();
    }

    private static float[] Floats(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
