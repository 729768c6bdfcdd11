using System.IO.Compression;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Hdf5Loader;
using VggCuda.Imaging;
using VggCuda.Tests.Shared;

namespace VggCuda.Ship.Tests;

/// <summary>The packages, packed into a folder, and the examples as programs that restore from it.</summary>
public sealed class PackageTests(PackageTests.Feed feed) : IClassFixture<PackageTests.Feed>
{
    private static readonly string[] Libraries = ["VggCuda.Engine", "VggCuda.Hdf5Loader", "VggCuda.Imaging", "VggCuda.Kernels"];

    [Fact]
    public void Each_package_has_its_readme_documentation_symbols_and_licence()
    {
        foreach (string name in Libraries)
        {
            using ZipArchive package = ZipFile.OpenRead(feed.PathOf($"{name}.0.1.0.nupkg"));
            string[] files = [.. package.Entries.Select(e => e.FullName)];
            Assert.Contains("PACKAGE.md", files);
            Assert.Contains($"lib/net10.0/{name}.dll", files);
            Assert.Contains($"lib/net10.0/{name}.xml", files);
            using StreamReader reader = new(package.GetEntry($"{name}.nuspec")!.Open());
            string specification = reader.ReadToEnd();
            Assert.Contains("<license type=\"expression\">MIT</license>", specification, StringComparison.Ordinal);
            Assert.Contains("<readme>PACKAGE.md</readme>", specification, StringComparison.Ordinal);
            using ZipArchive symbols = ZipFile.OpenRead(feed.PathOf($"{name}.0.1.0.snupkg"));
            Assert.NotNull(symbols.GetEntry($"lib/net10.0/{name}.pdb"));
        }

        using ZipArchive imaging = ZipFile.OpenRead(feed.PathOf("VggCuda.Imaging.0.1.0.nupkg"));
        Assert.NotNull(imaging.GetEntry("ImageSharp-LICENSE.txt"));
    }

    [Fact]
    public void A_fresh_project_restores_and_draws_a_class()
    {
        string folder = feed.Fresh("draw");
        string said = Command.Output0(folder, [], "dotnet", "run", "-c", "Release", "--", Places.Model, "20", "bird.png");
        Assert.Contains("bird.png", said, StringComparison.Ordinal);
        Picture picture = PictureFile.Read(Path.Combine(folder, "bird.png"));
        Assert.Equal((96, 96), (picture.Width, picture.Height));

        using KerasWeights weights = KerasWeights.Open(Places.Model);
        using CpuBackend backend = new();
        Network network = Network.FromWeights(weights);
        using INetworkProgram program = backend.Compile(network, Spec(network));
        program.Forward(backend.Wrap(Array.ConvertAll(picture.Rgb, v => (float)v), program.InputShape));
        Assert.Equal(20, ((IBackend)backend).Rank(program.Tap, 1)[0][0].Class);
    }

    [Fact]
    public void A_fresh_project_gets_logits_and_an_input_gradient_of_the_same_bits()
    {
        string folder = feed.Fresh("gradient");
        string sample = Directory.EnumerateFiles(SourceTree.PathOf("models/samples"), "*.png").Order(StringComparer.Ordinal).First();
        string[] said = Command.Output0(folder, [], "dotnet", "run", "-c", "Release", "--", Places.Model, sample, "20", "gradient.npy").Split('\n', StringSplitOptions.RemoveEmptyEntries);

        using KerasWeights weights = KerasWeights.Open(Places.Model);
        Network network = Network.FromWeights(weights);
        using CpuBackend backend = new();
        Picture picture = PictureFile.Read(sample);
        using INetworkProgram program = backend.Compile(network, Spec(network));
        using ITensor x = backend.Allocate(program.InputShape), dx = backend.Allocate(program.InputShape), dy = backend.Allocate(program.Tap.Shape);
        backend.Upload(x, Array.ConvertAll(picture.Rgb, v => (float)v));
        program.Forward(x);
        float[] logits = new float[32], one = new float[32], gradient = new float[picture.Rgb.Length];
        backend.Download(program.Tap, logits);
        one[20] = 1;
        backend.Upload(dy, one);
        program.Backward(dy, dx);
        backend.Download(dx, gradient);

        Assert.Equal(logits.Select((v, i) => FormattableString.Invariant($"{i} {v:R}")), said);
        Npy.Write(Path.Combine(folder, "expected.npy"), [96, 96, 3], gradient);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "expected.npy")), File.ReadAllBytes(Path.Combine(folder, "gradient.npy")));
        Assert.Contains(gradient, v => v != 0);
    }

    [Fact]
    public void The_tool_installs_and_runs()
    {
        string folder = Places.Empty("tool");
        Command.Output0(feed.Folder, [("NUGET_PACKAGES", Path.Combine(folder, "packages"))], "dotnet", "tool", "install", "VggCuda", "--version", "0.1.0", "--tool-path", folder);
        Assert.StartsWith("0.1.0", Command.Output0(folder, [], Path.Combine(folder, "vggcuda"), "--version"), StringComparison.Ordinal);
    }

    private static ProgramSpec Spec(Network network) => new() { Taps = [new TapSpec(network.Topology.Layers[^1])], Batch = 1, Height = 96, Width = 96 };

    /// <summary>A folder with all packages, and a configuration that adds it to the machine's own sources.</summary>
    public sealed class Feed
    {
        /// <summary>Packs.</summary>
        public Feed()
        {
            Folder = Places.Empty("packages");
            string build = Path.Combine(Folder, "build");
            foreach (string project in (string[])["Imaging", "Hdf5Loader", "Kernels", "Engine", "Cli"])
            {
                Command.Output0(SourceTree.Root, [], "dotnet", "pack", $"src/{project}", "-c", "Release", "-p:RunAnalyzers=false", "--artifacts-path", build, "-o", Path.Combine(Folder, "feed"), "-v", "quiet");
            }

            File.WriteAllText(Path.Combine(Folder, "nuget.config"), "<configuration><packageSources><add key=\"packed\" value=\"feed\" /></packageSources></configuration>");
        }

        /// <summary>The folder.</summary>
        public string Folder { get; }

        /// <summary>A package's path.</summary>
        public string PathOf(string package) => Path.Combine(Folder, "feed", package);

        /// <summary>An example copied out of the repository, built against the packages: packages of others come from the machine's cache where they are there.</summary>
        public string Fresh(string example)
        {
            string folder = Path.Combine(Folder, example);
            Directory.CreateDirectory(folder);
            foreach (string file in Directory.EnumerateFiles(SourceTree.PathOf($"examples/{example}")))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
            }

            string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            File.WriteAllText(Path.Combine(folder, "Directory.Build.props"), $"<Project><PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><RestorePackagesPath>{Path.Combine(folder, "packages")}</RestorePackagesPath><RestoreFallbackFolders>{cache}</RestoreFallbackFolders></PropertyGroup></Project>");
            File.WriteAllText(Path.Combine(folder, "Directory.Packages.props"), "<Project />");
            File.WriteAllText(Path.Combine(folder, "Directory.Build.targets"), "<Project />");
            return folder;
        }
    }
}
