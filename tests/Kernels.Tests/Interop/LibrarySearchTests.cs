using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Tests.Interop;

/// <summary>Which files are tried, in which order, on machines that are described here.</summary>
public class LibrarySearchTests
{
    private const string Wheel = "/venv/lib/python3.12/site-packages/nvidia";

    [Fact]
    public void Explicit_paths_come_before_everything()
    {
        ToolkitChoice choice = Search(["/usr/local/cuda/lib64/libcublas.so.13"], ("VGGCUDA_CUDNN", "/x/libcudnn.so.9")).ChooseToolkit(13);
        Assert.Equal(["/x/libcudnn.so.9"], choice.Cudnn);
        Assert.Equal(["/y/libcuda.so"], Search([], ("VGGCUDA_LIBCUDA", "/y/libcuda.so")).DriverCandidates());
    }

    [Fact]
    public void Everything_comes_from_the_first_root_that_has_it_all()
    {
        ToolkitChoice choice = Search(
            [
                "/usr/local/cuda/lib64/libcublas.so.13", "/usr/local/cuda/lib64/libcublasLt.so.13", "/usr/local/cuda/lib64/libnvrtc.so.13",
                .. WheelOf13(),
            ],
            ("VIRTUAL_ENV", "/venv")).ChooseToolkit(13);
        Assert.Equal(Wheel, choice.Root);
        Assert.Equal([$"{Wheel}/cudnn/lib/libcudnn.so.9"], choice.Cudnn);
        Assert.Equal([$"{Wheel}/cu13/lib/libcublas.so.13"], choice.Cublas);
        Assert.Equal([$"{Wheel}/cu13/lib/libnvrtc.so.13"], choice.Nvrtc);
    }

    [Theory]
    [InlineData(13, "13")]
    [InlineData(12, "12")]
    public void The_drivers_major_version_is_tried_first(int driver, string chosen)
    {
        List<string> files = [];
        foreach (string major in (string[])["12", "13"])
        {
            files.AddRange([$"/opt/lib/libcublas.so.{major}", $"/opt/lib/libcublasLt.so.{major}", $"/opt/lib/libnvrtc.so.{major}"]);
        }

        files.Add("/opt/lib/libcudnn.so.9");
        ToolkitChoice choice = Search(files, ("VGGCUDA_LIB_DIRS", "/opt/lib")).ChooseToolkit(driver);
        Assert.Equal([$"/opt/lib/libcublas.so.{chosen}"], choice.Cublas);
    }

    [Fact]
    public void What_no_folder_has_is_left_to_the_loader_by_soname_and_the_log_says_so()
    {
        List<string> log = [];
        LibrarySearch search = new(Machine([]), log);
        ToolkitChoice choice = search.ChooseToolkit(13);
        Assert.Equal(["libcublas.so.13", "libcublas.so.12"], choice.Cublas);
        Assert.Equal(["libcudnn.so.9"], choice.Cudnn);
        Assert.Contains(log, line => line.Contains("left to the loader", StringComparison.Ordinal));
    }

    [Fact]
    public void Pieces_from_several_folders_are_a_last_resort_and_said()
    {
        List<string> log = [];
        LibrarySearch search = new(Machine(["/a/libcudnn.so.9", "/usr/local/cuda/lib64/libcublas.so.13", "/usr/local/cuda/lib64/libcublasLt.so.13"], ("LD_LIBRARY_PATH", "/a")), log);
        ToolkitChoice choice = search.ChooseToolkit(13);
        Assert.Equal("/a/libcudnn.so.9", choice.Cudnn[0]);
        Assert.Equal("/usr/local/cuda/lib64/libcublas.so.13", choice.Cublas[0]);
        Assert.Contains(log, line => line.Contains("may not fit together", StringComparison.Ordinal));
    }

    [Fact]
    public void The_driver_is_never_a_toolkits_stub()
    {
        IReadOnlyList<string> candidates = Search(["/usr/local/cuda/lib64/stubs/libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"]).DriverCandidates();
        Assert.Equal(["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"], candidates);
    }

    [Fact]
    public void Windows_has_its_own_names_and_folders()
    {
        LibraryEnvironment machine = Machine(["/cuda/bin/x64/cublas64_13.dll", "/cuda/bin/x64/cublasLt64_13.dll", "/cuda/bin/x64/nvrtc64_130_0.dll", "/cuda/bin/x64/cudnn64_9.dll"], ("CUDA_PATH", "/cuda")) with { IsWindows = true };
        ToolkitChoice choice = new LibrarySearch(machine, []).ChooseToolkit(13);
        Assert.Equal(["/cuda/bin/x64/cudnn64_9.dll"], choice.Cudnn);
        Assert.Equal(["/cuda/bin/x64/nvrtc64_130_0.dll"], choice.Nvrtc);
        Assert.Equal(["nvcuda.dll"], new LibrarySearch(machine, []).DriverCandidates());
    }

    [Fact]
    public void Patterns_of_folders_are_expanded_newest_first()
    {
        string root = Directory.CreateTempSubdirectory("vggcuda-roots").FullName;
        try
        {
            foreach (string name in (string[])["cuda-13.0", "cuda-13.1", "cuda-12.8"])
            {
                Directory.CreateDirectory(Path.Combine(root, name, "lib64"));
            }

            Assert.Equal(
                [Path.Combine(root, "cuda-13.1", "lib64"), Path.Combine(root, "cuda-13.0", "lib64")],
                LibraryEnvironment.Expand(Path.Combine(root, "cuda-13*", "lib64")));
            Assert.Empty(LibraryEnvironment.Expand(Path.Combine(root, "none*", "lib64")));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static string[] WheelOf13() =>
        [$"{Wheel}/cudnn/lib/libcudnn.so.9", $"{Wheel}/cu13/lib/libcublas.so.13", $"{Wheel}/cu13/lib/libcublasLt.so.13", $"{Wheel}/cu13/lib/libnvrtc.so.13"];

    private static LibrarySearch Search(IEnumerable<string> files, params (string Name, string Value)[] variables) => new(Machine(files, variables), []);

    private static LibraryEnvironment Machine(IEnumerable<string> files, params (string Name, string Value)[] variables)
    {
        HashSet<string> all = [.. files];
        Dictionary<string, string> environment = variables.ToDictionary(v => v.Name, v => v.Value);
        return new LibraryEnvironment(
            environment.GetValueOrDefault,
            all.Contains,
            pattern => Matching(all, pattern),
            "/app",
            IsWindows: false);
    }

    // Directories of the files that match a pattern with * in its components.
    private static IEnumerable<string> Matching(IEnumerable<string> files, string pattern)
    {
        System.Text.RegularExpressions.Regex expression = new("^" + System.Text.RegularExpressions.Regex.Escape(pattern).Replace("\\*", "[^/]*", StringComparison.Ordinal) + "(?=/)");
        return files.Select(f => expression.Match(f)).Where(m => m.Success).Select(m => m.Value).Distinct().OrderDescending(StringComparer.Ordinal);
    }
}
