using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace VggCuda.Kernels.Tests.Fake;

/// <summary>Compiles tests/FakeCuda and the kernels' sources to one shared library, once per content.</summary>
internal static class FakeCudaBuild
{
    private static readonly string[] Flags = ["-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", "-ffp-contract=off", "-Wall", "-Wno-unknown-pragmas"];

    /// <summary>The library's path, or null and the reason.</summary>
    public static string? Find(out string? unavailable)
    {
        unavailable = null;
        if (!OperatingSystem.IsLinux())
        {
            unavailable = "The stand-in for CUDA is built on Linux only.";
            return null;
        }

        string root = Root();
        string fake = Path.Combine(root, "tests", "FakeCuda");
        string kernels = Path.Combine(root, "src", "Kernels");
        string[] units = [.. Directory.GetFiles(fake, "*.cpp").Order(StringComparer.Ordinal)];
        string[] headers = [.. Directory.GetFiles(fake, "*.h").Order(StringComparer.Ordinal)];
        string[] shared = [.. Directory.GetFiles(kernels, "*.cuh", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string[] sources = [.. Directory.GetFiles(kernels, "*.cu", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string directory = Path.Combine(root, "artifacts", "fakecuda", Hash([.. units, .. headers, .. shared, .. sources]));
        string library = Path.Combine(directory, "libfakecuda.so");
        if (File.Exists(library))
        {
            return library;
        }

        if (!Runs("g++", ["--version"]))
        {
            unavailable = "g++ is missing; it builds the stand-in for the CUDA libraries (Debian: apt-get install g++).";
            return null;
        }

        Directory.CreateDirectory(directory);
        string work = Directory.CreateDirectory(Path.Combine(directory, $"build-{Environment.ProcessId}")).FullName;
        string all = Path.Combine(work, "kernels.cpp");
        File.WriteAllText(all, KernelUnit(shared, sources));
        Parallel.ForEach([all, .. units], new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, unit => Compile(unit, fake, work));
        string made = Path.Combine(work, "libfakecuda.so");
        Run("g++", ["-shared", "-o", made, .. Directory.GetFiles(work, "*.o")]);
        File.Move(made, library, overwrite: true);
        Directory.Delete(work, recursive: true);
        return library;
    }

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

    // One unit of all kernels: their common headers first, then each file in a namespace of its own.
    private static string KernelUnit(string[] headers, string[] sources)
    {
        StringBuilder text = new();
        foreach (string header in headers)
        {
            text.AppendLine($"#include \"{header}\"");
        }

        foreach (string source in sources)
        {
            text.AppendLine($"namespace {Path.GetFileNameWithoutExtension(source)}_file\n{{\n#include \"{source}\"\n}}");
        }

        return text.ToString();
    }

    private static void Compile(string unit, string include, string work) =>
        Run("g++", [.. Flags, "-I", include, "-c", unit, "-o", Path.Combine(work, Path.GetFileNameWithoutExtension(unit) + ".o")]);

    private static string Hash(string[] files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join(' ', Flags)));
        foreach (string file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

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
}
