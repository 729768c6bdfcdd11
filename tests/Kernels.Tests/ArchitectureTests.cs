using System.Text.RegularExpressions;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared;

namespace VggCuda.Kernels.Tests;

public partial class ArchitectureTests
{
    // docs/cuda-engine.md, "Layers of the code": each knows those before it, and none knows what lies beside them all.
    private static readonly string[] Folders = ["Interop", "Operations", "Cudnn", "Programs"];

    [Fact]
    public void The_CUDA_backend_refers_to_the_engine_alone() =>
        Assert.DoesNotContain(ProjectReferences.Of(typeof(CudaBackend).Assembly), name => name != "VggCuda.Engine");

    [Fact]
    public void Folders_know_only_those_below_them()
    {
        string root = Path.Combine(FakeCudaBuild.Root(), "src", "Kernels");
        string[] above = Types("VggCuda.Kernels");
        Assert.Contains("CudaTensor", above);
        for (int i = 0; i < Folders.Length; i++)
        {
            // By a using or a qualified name; what lies in the outer namespace needs neither.
            IEnumerable<string> higher = Folders[(i + 1)..].Select(f => $@"Kernels\.{f};|{f}\.({string.Join('|', Types($"VggCuda.Kernels.{f}"))})\b");
            Regex forbidden = new($@"\b({string.Join('|', [.. higher, .. above.Select(n => n + @"\b")])})");
            string[] files = Directory.GetFiles(Path.Combine(root, Folders[i]), "*.cs");
            Assert.NotEmpty(files);
            foreach (string file in files)
            {
                Assert.Empty(forbidden.Matches(Comment().Replace(File.ReadAllText(file), "")).Select(m => $"{Path.GetFileName(file)}: {m.Value}"));
            }
        }

        static string[] Types(string name) => [.. typeof(CudaBackend).Assembly.GetTypes().Where(t => t.Namespace == name && !t.IsNested && !t.Name.Contains('`', StringComparison.Ordinal)).Select(t => t.Name)];
    }

    [Fact]
    public void Device_addresses_are_bare_numbers_in_the_bindings_alone()
    {
        // Where 64 bits are just bits: an argument on its way into a launch; and addresses that an embedder gives or is given.
        string[] bits = ["Kernel.cs", "KernelArgument.cs", "ArrangeWeights.cs", "CudaBackend.cs", "CudaBuffer.cs"];
        string root = Path.Combine(FakeCudaBuild.Root(), "src", "Kernels");
        foreach (string file in Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories).Where(f => Path.GetFileName(Path.GetDirectoryName(f)) != "Interop" && !bits.Contains(Path.GetFileName(f))))
        {
            Assert.DoesNotMatch(@"\bulong\b", Comment().Replace(File.ReadAllText(file), ""));
        }
    }

    [GeneratedRegex(@"//.*")]
    private static partial Regex Comment();
}
