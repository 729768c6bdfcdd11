using System.Runtime.Intrinsics.X86;
using VggCuda.Tests.Shared;

namespace VggCuda.Ship.Tests;

/// <summary>The command line compiled ahead of time, by the plain command and with the project's own settings: the processor's kernels, and the same bits as compiled at run time.</summary>
public sealed class AheadOfTimeTests
{
    private static readonly string[] Drawing = ["activate", "--weights", "demo", "--device", "cpu", "--class", "bird", "--iterations", "20", "--quiet"];

    [Fact]
    public void It_takes_the_processors_kernels_and_draws_the_same_bits()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Avx2.IsSupported && Fma.IsSupported, "needs Linux and a processor with AVX2");
        Assert.SkipUnless(Command.IsThere("clang") || Command.IsThere("gcc"), "no linker: install clang or gcc");
        Assert.SkipUnless(File.Exists("/usr/include/zlib.h"), "no zlib: install zlib1g-dev");

        string folder = Places.Empty("ahead-of-time");
        string published = Path.Combine(folder, "published");
        Command.Output0(SourceTree.Root, [], "dotnet", "publish", "src/Cli", "-c", "Release", "-r", "linux-x64", "-p:PublishAot=true", "-p:RunAnalyzers=false", "-p:DebugSymbols=false", "--artifacts-path", Path.Combine(folder, "build"), "-o", published, "-v", "quiet");
        string program = Path.Combine(published, "vggcuda");
        Assert.Empty(Directory.EnumerateFiles(published, "*.so"));

        Assert.InRange(new FileInfo(program).Length, 1_000_000, 30_000_000);

        string devices = Command.Output0(folder, [], program, "devices");
        Assert.Contains("instructions: avx2", devices, StringComparison.Ordinal);
        foreach (string kernels in (string[])["avx2", "portable"])
        {
            Command.Output0(folder, [("VGGCUDA_SIMD", kernels)], [program, .. Drawing, "-o", "a.png", "--raw", "a.npy"]);
            Command.Output0(folder, [("VGGCUDA_SIMD", kernels)], ["dotnet", Places.Program, .. Drawing, "-o", "b.png", "--raw", "b.npy"]);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "b.npy")), File.ReadAllBytes(Path.Combine(folder, "a.npy")));
        }

        Join(folder, program);
    }

    // The one file, here of the same program twice, one of them damaged all over so that they have many pieces: a second one takes as long again to compile, and eng/ship-check has it.
    private static void Join(string folder, string program)
    {
        if (!File.Exists("/usr/include/lz4hc.h") || !Command.IsThere("gcc"))
        {
            TestContext.Current.AddWarning("The one file was not made: it needs gcc and liblz4-dev.");
            return;
        }

        string one = Path.Combine(folder, "one");
        byte[] bytes = File.ReadAllBytes(program);
        for (int i = 500_000; i < bytes.Length; i += 1_000_000)
        {
            bytes[i] ^= 1;
        }

        string other = Path.Combine(folder, "other");
        File.WriteAllBytes(other, bytes);
        bool isLast = Avx512BW.VL.IsSupported && Avx512CD.VL.IsSupported && Avx512DQ.VL.IsSupported;
        Command.Output0(SourceTree.Root, [], "sh", "eng/pack", "join", isLast ? other : program, isLast ? program : other, one);
        string joined = Path.Combine(one, "vggcuda");
        Assert.InRange(new FileInfo(joined).Length, 1_000_000, 30_000_000);
        Assert.Equal(Command.Output0(folder, [], program, "--version"), Command.Output0(folder, [], joined, "--version"));
        Assert.Contains("instructions: avx2", Command.Output0(folder, [], joined, "devices"), StringComparison.Ordinal);
        Command failing = Command.Run(folder, [], joined, "activate", "--no-such-option");
        Assert.Equal(2, failing.Code);

        // A sweep's worker is this program once more, though the system knows no path of a program in memory.
        Command.Output0(folder, [], joined, "sweep", "--weights", "demo", "--device", "cpu", "--layers", "block1_conv1", "--filter", "0-1", "--iterations", "4", "--quiet", "-o", "sweep");
        Command.Output0(folder, [], joined, "report", "sweep", "--quiet");
        Assert.True(File.Exists(Path.Combine(folder, "sweep", "report", "index.html")));
    }
}
