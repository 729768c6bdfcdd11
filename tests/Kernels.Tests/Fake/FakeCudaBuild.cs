using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using VggCuda.Kernels.Tests.Ptx;

namespace VggCuda.Kernels.Tests.Fake;

/// <summary>Compiles tests/FakeCuda and the translated PTX to one shared library; a file is compiled anew where its content is.</summary>
internal static class FakeCudaBuild
{
    private static readonly string[] Flags = ["-std=c++17", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", "-ffp-contract=off"];

    // The stand-in itself is small and runs much; the kernels are large and run little.
    private static readonly string[] OwnFlags = [.. Flags, "-O3", "-Wall", "-Wno-unknown-pragmas"];
    private static readonly string[] KernelFlags = [.. Flags, "-O1", "-w"];

    /// <summary>The library's path, or null and the reason.</summary>
    public static string? Find(out string? unavailable)
    {
        unavailable = null;
        if (!OperatingSystem.IsLinux())
        {
            unavailable = "The stand-in for CUDA is built on Linux only.";
            return null;
        }

        string fake = Path.Combine(Root(), "tests", "FakeCuda");
        string headers = string.Concat(Directory.GetFiles(fake, "*.h").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        Unit[] units =
        [
            .. Directory.GetFiles(fake, "*.cpp").Order(StringComparer.Ordinal).Select(f => new Unit(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f), OwnFlags)),
            .. PtxFiles().Select(f => new Unit(Path.GetFileNameWithoutExtension(f), PtxTranslator.Translate(PtxFile.Parse(Path.GetFileName(f), File.ReadAllText(f))), KernelFlags)),
        ];
        string folder = Path.Combine(Root(), "artifacts", "fakecuda");
        string[] objects = [.. units.Select(u => Path.Combine(folder, "objects", $"{u.Name}-{Hash(headers, u.Text, string.Join(' ', u.Flags))}.o"))];
        string library = Path.Combine(folder, Hash(objects), "libfakecuda.so");
        if (File.Exists(library))
        {
            return library;
        }

        if (!Runs("g++", ["--version"]))
        {
            unavailable = "g++ is missing; it builds the stand-in for the CUDA libraries (Debian: apt-get install g++).";
            return null;
        }

        Directory.CreateDirectory(Path.Combine(folder, "objects"));
        Directory.CreateDirectory(Path.GetDirectoryName(library)!);

        // The largest first, so that no core is left with it at the end.
        (Unit Unit, string Object)[] missing = [.. units.Zip(objects).Where(p => !File.Exists(p.Second)).OrderByDescending(p => p.First.Text.Length)];
        Parallel.ForEach(Partitioner.Create(missing, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, p => Compile(p.Unit, p.Object, fake));
        string made = $"{library}.{Environment.ProcessId}";
        Run("g++", ["-shared", "-o", made, .. objects]);
        File.Move(made, library, overwrite: true);
        return library;
    }

    /// <summary>What the stand-in runs: the committed PTX, and kernels with mistakes that it must tell.</summary>
    public static IEnumerable<string> PtxFiles() =>
        new[] { Path.Combine(Root(), "src", "Kernels", "Operations"), Path.Combine(Root(), "tests", "Kernels.Tests", "Ptx", "Fixtures") }.SelectMany(folder => Directory.GetFiles(folder, "*.ptx").Order(StringComparer.Ordinal));

    /// <summary>The repository's root.</summary>
    public static string Root()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "VggCuda.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("The tests run outside the repository, without the sources of the stand-in for CUDA.");
    }

    private static void Compile(Unit unit, string target, string include)
    {
        // The source stays beside the object, for whoever wants to read what a kernel became.
        string source = Path.ChangeExtension(target, ".cpp");
        string made = $"{target}.{Environment.ProcessId}";
        File.WriteAllText(source, unit.Text);
        Run("g++", [.. unit.Flags, "-I", include, "-c", source, "-o", made]);
        File.Move(made, target, overwrite: true);
    }

    private static string Hash(params string[] texts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))))[..16];

    private static bool Runs(string program, string[] arguments)
    {
        try
        {
            Run(program, arguments);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void Run(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed:\n{errors}{output.Result}");
        }
    }

    private sealed record Unit(string Name, string Text, string[] Flags);
}
