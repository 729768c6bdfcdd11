using System.Globalization;

namespace VggCuda.Kernels.Interop;

/// <summary>Candidates for each library of the toolkit, best first.</summary>
/// <param name="Root">Where they come from, in words.</param>
/// <param name="Nvrtc">The run-time compiler, which cuDNN opens for fused engines.</param>
/// <param name="CublasLt">What cuDNN and cuBLAS build upon.</param>
/// <param name="Cublas">cuBLAS.</param>
/// <param name="Cudnn">cuDNN.</param>
internal sealed record ToolkitChoice(string Root, IReadOnlyList<string> Nvrtc, IReadOnlyList<string> CublasLt, IReadOnlyList<string> Cublas, IReadOnlyList<string> Cudnn);

/// <summary>Decides which library files to load, in which order. Loads nothing.</summary>
/// <remarks>
/// Order: the variables <c>VGGCUDA_LIBCUDA</c>, <c>VGGCUDA_CUDNN</c>, <c>VGGCUDA_CUBLAS</c>, <c>VGGCUDA_CUBLASLT</c>, <c>VGGCUDA_NVRTC</c>
/// (full paths) and <c>VGGCUDA_LIB_DIRS</c>; the application's folder; CUDNN_PATH, CUDA_PATH, CUDA_HOME; the loader by soname;
/// /usr/local/cuda; Python environments (VIRTUAL_ENV, CONDA_PREFIX, VGGCUDA_PYTHON_SITE, the python3 on the path).
/// </remarks>
internal sealed class LibrarySearch
{
    private static readonly string[] DriverFolders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/usr/lib/aarch64-linux-gnu", "/run/opengl-driver/lib"];
    private static readonly string[] WindowsToolkitFolders = ["bin/x64", "bin"];
    private static readonly string[] LinuxToolkitFolders = ["lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib"];
    private static readonly string[] WheelFolders = ["cu13", "cudnn", "cublas", "cuda_nvrtc"];
    private static readonly string[] PythonPrefixVariables = ["VIRTUAL_ENV", "CONDA_PREFIX"];

    private readonly LibraryEnvironment _environment;
    private readonly List<string> _log;

    /// <summary>Creates a search.</summary>
    /// <param name="environment">What to look at.</param>
    /// <param name="log">Gets a line for each thing looked at.</param>
    public LibrarySearch(LibraryEnvironment environment, List<string> log)
    {
        _environment = environment;
        _log = log;
    }

    /// <summary>The driver's library: never from a toolkit folder, whose <c>stubs</c> only link.</summary>
    public IReadOnlyList<string> DriverCandidates()
    {
        List<string> found = [];
        if (Explicit("LIBCUDA") is string path)
        {
            return [path];
        }

        foreach (string directory in Split(_environment.Variable("VGGCUDA_LIB_DIRS")))
        {
            AddIfThere(found, directory, DriverNames());
        }

        // The loader knows the driver on any proper installation; the folders below are for containers that hide it.
        found.AddRange(DriverNames());
        if (!_environment.IsWindows)
        {
            foreach (string directory in DriverFolders)
            {
                AddIfThere(found, directory, DriverNames());
            }
        }

        return found;
    }

    /// <summary>The toolkit's libraries, all from one root where one has them all.</summary>
    /// <param name="driverMajor">The driver's CUDA version: an older driver wants its own major version first.</param>
    public ToolkitChoice ChooseToolkit(int driverMajor)
    {
        ToolkitChoice? partial = null;
        int[] majors = driverMajor < 13 ? [12, 13] : [13, 12];
        foreach ((string name, List<string> directories) in Roots())
        {
            foreach (int major in majors)
            {
                ToolkitChoice choice = Look(name, directories, major);
                if (choice.Cudnn.Count > 0 && choice.Cublas.Count > 0 && choice.CublasLt.Count > 0)
                {
                    _log.Add($"toolkit: {name}: complete for CUDA {major}{(choice.Nvrtc.Count == 0 ? ", but without NVRTC: fused cuDNN engines may fail" : "")}; chosen");
                    return WithExplicit(choice);
                }

                if (choice.Cudnn.Count + choice.Cublas.Count + choice.CublasLt.Count + choice.Nvrtc.Count > 0)
                {
                    _log.Add($"toolkit: {name}: has{Names(choice)} for CUDA {major}, not all");
                    partial = partial is null ? choice : Merge(partial, choice);
                }
            }
        }

        // The loader by soname is both step 4 and what is left when no folder has everything.
        ToolkitChoice loader = ByName(majors);
        if (partial is null)
        {
            _log.Add("toolkit: no folder has any of it; left to the loader");
            return WithExplicit(loader);
        }

        _log.Add("toolkit: no folder has all of it; pieces are taken from several, which may not fit together");
        return WithExplicit(Merge(partial, loader));
    }

    private static string Names(ToolkitChoice choice) =>
        (choice.Cudnn.Count > 0 ? " cuDNN" : "") + (choice.Cublas.Count > 0 ? " cuBLAS" : "") + (choice.CublasLt.Count > 0 ? " cuBLASLt" : "") + (choice.Nvrtc.Count > 0 ? " NVRTC" : "");

    private static ToolkitChoice Merge(ToolkitChoice a, ToolkitChoice b) => new(
        $"{a.Root} and {b.Root}",
        [.. a.Nvrtc, .. b.Nvrtc],
        [.. a.CublasLt, .. b.CublasLt],
        [.. a.Cublas, .. b.Cublas],
        [.. a.Cudnn, .. b.Cudnn]);

    private ToolkitChoice WithExplicit(ToolkitChoice choice) => choice with
    {
        Nvrtc = Explicit("NVRTC") is string nvrtc ? [nvrtc] : choice.Nvrtc,
        CublasLt = Explicit("CUBLASLT") is string lt ? [lt] : choice.CublasLt,
        Cublas = Explicit("CUBLAS") is string cublas ? [cublas] : choice.Cublas,
        Cudnn = Explicit("CUDNN") is string cudnn ? [cudnn] : choice.Cudnn,
    };

    private ToolkitChoice ByName(int[] majors) => new(
        "the loader",
        [.. majors.SelectMany(NvrtcNames)],
        [.. majors.SelectMany(m => Versioned("cublasLt", m))],
        [.. majors.SelectMany(m => Versioned("cublas", m))],
        [.. Versioned("cudnn", 9)]);

    private IEnumerable<(string Name, List<string> Directories)> Roots()
    {
        List<string> own = [.. Split(_environment.Variable("VGGCUDA_LIB_DIRS"))];
        if (own.Count > 0)
        {
            yield return ("VGGCUDA_LIB_DIRS", own);
        }

        string application = _environment.ApplicationDirectory;
        yield return ("the application's folder", [application, Path.Combine(application, "runtimes", _environment.IsWindows ? "win-x64" : "linux-x64", "native")]);

        List<string> variables = [];
        foreach (string name in new[] { "CUDNN_PATH", "CUDA_PATH", "CUDA_HOME" })
        {
            if (_environment.Variable(name) is { Length: > 0 } value)
            {
                variables.AddRange(ToolkitDirectories(value));
            }
        }

        if (variables.Count > 0)
        {
            yield return ("CUDNN_PATH, CUDA_PATH, CUDA_HOME", variables);
        }

        if (!_environment.IsWindows)
        {
            List<string> loader = [.. Split(_environment.Variable("LD_LIBRARY_PATH"))];
            if (loader.Count > 0)
            {
                yield return ("LD_LIBRARY_PATH", loader);
            }

            yield return ("the system's library folders", ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu"]);
            foreach (string pattern in new[] { "/usr/local/cuda", "/usr/local/cuda-13*", "/usr/local/cuda-12*" })
            {
                foreach (string toolkit in _environment.Directories(pattern))
                {
                    yield return (toolkit, [.. ToolkitDirectories(toolkit), "/usr/lib/x86_64-linux-gnu", "/usr/lib64"]);
                }
            }
        }
        else
        {
            yield return ("PATH", [.. Split(_environment.Variable("PATH"))]);
        }

        foreach (string site in PythonSites())
        {
            string nvidia = Path.Combine(site, "nvidia");
            string leaf = _environment.IsWindows ? "bin" : "lib";
            List<string> directories = [.. WheelFolders.SelectMany(p => _environment.Directories(Path.Combine(nvidia, p, leaf)))];
            if (_environment.IsWindows)
            {
                directories.AddRange(_environment.Directories(Path.Combine(nvidia, "cu13", "bin", "x86_64")));
            }

            if (directories.Count > 0)
            {
                yield return (nvidia, directories);
            }
        }
    }

    private IEnumerable<string> PythonSites()
    {
        if (_environment.Variable("VGGCUDA_PYTHON_SITE") is { Length: > 0 } site)
        {
            yield return site;
        }

        List<string> prefixes = [.. PythonPrefixVariables.Select(_environment.Variable).OfType<string>().Where(v => v.Length > 0)];
        foreach (string directory in Split(_environment.Variable("PATH")))
        {
            if (_environment.FileExists(Path.Combine(directory, _environment.IsWindows ? "python.exe" : "python3")))
            {
                prefixes.Add(_environment.IsWindows ? directory : Path.GetDirectoryName(directory) ?? "/");
            }
        }

        string[] patterns = _environment.IsWindows ? ["Lib/site-packages"] : ["lib/python3*/site-packages", "lib/python3*/dist-packages", "local/lib/python3*/dist-packages"];
        foreach (string found in prefixes.Distinct().SelectMany(p => patterns.SelectMany(pattern => _environment.Directories(Path.Combine(p, pattern)))))
        {
            yield return found;
        }
    }

    private IEnumerable<string> ToolkitDirectories(string toolkit) =>
        (_environment.IsWindows ? WindowsToolkitFolders : LinuxToolkitFolders)
            .Select(d => Path.Combine(toolkit, d));

    private ToolkitChoice Look(string root, List<string> directories, int major)
    {
        List<string> Find(IEnumerable<string> names)
        {
            List<string> found = [];
            foreach (string directory in directories)
            {
                AddIfThere(found, directory, names);
            }

            return found;
        }

        return new ToolkitChoice(root, Find(NvrtcNames(major)), Find(Versioned("cublasLt", major)), Find(Versioned("cublas", major)), Find(Versioned("cudnn", 9)));
    }

    private string? Explicit(string library) => _environment.Variable("VGGCUDA_" + library) is { Length: > 0 } path ? path : null;

    private string[] DriverNames() => _environment.IsWindows ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    private IEnumerable<string> NvrtcNames(int major) => _environment.IsWindows
        ? [string.Create(CultureInfo.InvariantCulture, $"nvrtc64_{major}0_0.dll")]
        : [string.Create(CultureInfo.InvariantCulture, $"libnvrtc.so.{major}")];

    private IEnumerable<string> Versioned(string name, int major) => _environment.IsWindows
        ? [string.Create(CultureInfo.InvariantCulture, $"{name}64_{major}.dll")]
        : [string.Create(CultureInfo.InvariantCulture, $"lib{name}.so.{major}")];

    private void AddIfThere(List<string> found, string directory, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            string path = Path.Combine(directory, name);
            if (_environment.FileExists(path) && !found.Contains(path))
            {
                found.Add(path);
            }
        }
    }

    private IEnumerable<string> Split(string? list) =>
        (list ?? "").Split(_environment.IsWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
