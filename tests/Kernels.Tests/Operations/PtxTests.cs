using System.Text;
using System.Text.RegularExpressions;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>The embedded PTX as text: what it needs of a GPU and a driver, and that sources, PTX and launchers agree.</summary>
public partial class PtxTests
{
    private static readonly string Folder = FindFolder();

    public static TheoryData<string> Names => [.. KernelLibrary.Names];

    [Fact]
    public void Every_source_has_its_PTX_embedded_and_a_launcher_beside_it()
    {
        string[] sources = [.. Directory.GetFiles(Folder, "*.cu").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(sources);
        Assert.Equal(sources, KernelLibrary.Names);
        Assert.All(sources, name => Assert.True(File.Exists(Path.Combine(Folder, name + ".cs")), $"{name}.cu has no {name}.cs beside it"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_embedded_text_is_the_committed_one(string name) =>
        Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, name + ".ptx")), KernelLibrary.Ptx(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void It_loads_on_every_driver_since_CUDA_10_1_and_every_GPU_since_Turing(string name)
    {
        string ptx = Text(name);
        Assert.Contains("\n.version 6.4\n.target sm_75\n.address_size 64\n", ptx, StringComparison.Ordinal);
        Assert.Single(VersionLine().Matches(ptx));

        // clang writes these for sm_75 without complaint, and the driver's compiler then refuses them.
        Assert.DoesNotMatch(@"\.bf16|cvt\.rn\.f16x2|cp\.async|mma\.sync|ldmatrix|wgmma|redux\.sync", ptx);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_result_depends_on_the_order_of_float_atomics_and_nothing_spills(string name)
    {
        string ptx = Text(name);
        Assert.DoesNotMatch(@"(atom|red)\.[a-z.]*\.(f16|f32|f64)", ptx);
        Assert.DoesNotContain(".local ", ptx, StringComparison.Ordinal);

        // Approximations of divisions and roots would differ from the host's; nothing here asks for them.
        Assert.DoesNotMatch(@"\.(approx|ftz)", ptx);
        Assert.DoesNotContain(".extern", ptx, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_kernels_are_those_of_the_source(string name)
    {
        IReadOnlyDictionary<string, string> signatures = KernelSignature.Read(Text(name));
        Assert.NotEmpty(signatures);
        string source = File.ReadAllText(Path.Combine(Folder, name + ".cu"));
        string[] plain = [.. DeclaredKernel().Matches(source).Select(m => m.Groups[1].Value)];
        Assert.All(plain, kernel => Assert.Contains(kernel, signatures.Keys));
        Assert.All(signatures.Keys, kernel => Assert.Matches("_(f32|f16|bf16)$", kernel));
        Assert.All(signatures, s => Assert.InRange(s.Value.Length, 1, 24));
    }

    [Fact]
    public void No_two_kernels_share_a_name()
    {
        string[] all = [.. KernelLibrary.Names.SelectMany(n => KernelSignature.Read(Text(n)).Keys)];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void Every_kernel_that_a_launcher_names_is_in_its_PTX()
    {
        int found = 0;
        foreach (string name in KernelLibrary.Names)
        {
            IReadOnlyDictionary<string, string> signatures = KernelSignature.Read(Text(name));
            HashSet<string> used = [];
            string launcher = File.ReadAllText(Path.Combine(Folder, name + ".cs"));
            foreach (Match match in NamedKernel().Matches(launcher))
            {
                Assert.Equal(name, match.Groups[2].Value);
                string kernel = match.Groups[3].Value;
                used.UnionWith(match.Groups[1].Value.StartsWith("new", StringComparison.Ordinal) ? [kernel + "_f32", kernel + "_f16", kernel + "_bf16"] : [kernel]);
            }

            Assert.All(used, kernel => Assert.Contains(kernel, signatures.Keys));
            Assert.All(signatures.Keys, kernel => Assert.Contains(kernel, used));
            found += used.Count;
        }

        Assert.InRange(found, 20, 200);
    }

    [Fact]
    public void A_signature_is_read_from_the_parameter_list()
    {
        const string Ptx = """
            .version 6.4
            .visible .entry one(
            	.param .u64 one_param_0,
            	.param .u32 one_param_1,
            	.param .f32 one_param_2,
            	.param .f64 one_param_3,
            	.param .align 8 .b8 one_param_4[24]
            )
            .maxntid 256, 1, 1
            {
            	ld.param.u64 	%rd1, [one_param_0];
            }
            .visible .entry none()
            {
            }
            """;
        Assert.NotEqual(KernelSignature.Struct(24), KernelSignature.Struct(32));
        Assert.Throws<InvalidDataException>(() => KernelSignature.Read(Ptx.Replace("[24]", "[20]", StringComparison.Ordinal)));
        Assert.Equal([new("one", "lifd" + KernelSignature.Struct(24)), new("none", string.Empty)], KernelSignature.Read(Ptx));
        Assert.Throws<InvalidDataException>(() => KernelSignature.Read(Ptx.Replace(".f32 one", ".u16 one", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_operation_without_PTX_is_named() =>
        Assert.Contains("Nothing.ptx", Assert.Throws<InvalidOperationException>(() => KernelLibrary.Ptx("Nothing")).Message, StringComparison.Ordinal);

    private static string Text(string name) => Encoding.ASCII.GetString(KernelLibrary.Ptx(name)).ReplaceLineEndings("\n");

    private static string FindFolder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "src", "Kernels", "Operations");
            if (Directory.Exists(folder))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"src/Kernels/Operations is not above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"^\.version", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^(?:BLOCK_)?KERNEL\((\w+),", RegexOptions.Multiline)]
    private static partial Regex DeclaredKernel();

    [GeneratedRegex("""(library\.Kernel\(|new\(library, )"(\w+)", "(\w+)"\)""")]
    private static partial Regex NamedKernel();
}
