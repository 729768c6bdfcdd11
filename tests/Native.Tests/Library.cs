using VggCuda.Tests.Shared;

namespace VggCuda.Native.Tests;

/// <summary>The C library as it is shipped, made once for all tests by eng/pack-native, which does nothing where it is up to date.</summary>
public sealed class Library : IDisposable
{
    private readonly Lazy<string?> _missing;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vggcuda-native-");

    public Library() => _missing = new Lazy<string?>(Make);

    /// <summary>Where it is: include, lib.</summary>
    public static string Root => SourceTree.PathOf("artifacts/native");

    /// <summary>A folder for what tests make.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Skips a test where the library cannot be made on this machine.</summary>
    public void Need()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "The C library is made on Linux, x86-64.");
        Assert.SkipUnless(Tools.Find("gcc") is not null || Tools.Find("clang") is not null, "There is no C linker on this machine (gcc or clang).");
        Assert.SkipUnless(File.Exists("/usr/include/zlib.h"), "There are no headers of zlib on this machine (zlib1g-dev).");
        Assert.True(_missing.Value is null, _missing.Value);
    }

    /// <summary>Compiles one of programs/ against it.</summary>
    /// <returns>The program.</returns>
    public string Compile(string source, params string[] flags)
    {
        Need();
        bool isPlain = source.EndsWith(".c", StringComparison.Ordinal);
        string compiler = isPlain ? "gcc" : "g++";
        Tools.Need(compiler);
        string program = Path.Combine(Folder, $"{Path.GetFileNameWithoutExtension(source)}-{string.Concat(flags.SelectMany(f => f.Where(char.IsLetterOrDigit)))}");
        if (!File.Exists(program))
        {
            Tools.Succeed(Folder, compiler, [isPlain ? "-std=gnu99" : "-std=c++17", "-Wall", "-Wextra", "-Werror", "-O1", "-g", $"-I{Root}/include", $"-I{Folder}", .. flags, SourceTree.PathOf($"tests/Native.Tests/programs/{source}"), "-o", program, "-Wl,--as-needed", $"-L{Root}/lib", "-lvggcuda", "-lpthread", "-ldl", $"-Wl,-rpath,{Root}/lib"]);
        }

        return program;
    }

    /// <summary>Compiles and runs one; its last line is what it says on success.</summary>
    internal string Run(string source, string[]? arguments = null, params (string Name, string Value)[] variables) =>
        Tools.Succeed(Folder, Compile(source), arguments ?? [], variables).Output.TrimEnd();

    public void Dispose() => _folder.Delete(recursive: true);

    private static string? Make()
    {
        Outcome made = Tools.Run(SourceTree.Root, SourceTree.PathOf("eng/pack-native"), []);
        return made.Code == 0 ? null : $"eng/pack-native gave {made.Code}\n{made.Output}\n{made.Error}";
    }
}

/// <summary>All tests of the library, one at a time: some count memory and threads of whole processes, and each takes all cores.</summary>
[CollectionDefinition(nameof(Library), DisableParallelization = true)]
public sealed class LibraryCollection : ICollectionFixture<Library>;
