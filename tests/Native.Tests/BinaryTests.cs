using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using VggCuda.Native.Abi;
using VggCuda.Tests.Shared;

namespace VggCuda.Native.Tests;

/// <summary>The library as a file: what it exports, what it needs, which kernels it has; and the layouts of its structures.</summary>
[Collection(nameof(Library))]
public sealed partial class BinaryTests(Library library)
{
    private static readonly (string Name, Type Type)[] Structures =
    [
        ("vgg_network_info", typeof(NetworkInfo)),
        ("vgg_layer_info", typeof(LayerInfo)),
        ("vgg_predictor_options", typeof(PredictorOptions)),
        ("vgg_prediction", typeof(ClassPrediction)),
        ("vgg_gradient_options", typeof(GradientOptions)),
        ("vgg_progress", typeof(Progress)),
        ("vgg_render_options", typeof(RenderRequest)),
        ("vgg_memory_forecast", typeof(MemoryForecast)),
        ("vgg_pictures_info", typeof(PicturesInfo)),
        ("vgg_picture_info", typeof(PictureInfo)),
        ("vgg_attributor_options", typeof(AttributorOptions)),
        ("vgg_attribution", typeof(AttributionResult)),
    ];

    public static TheoryData<string> Files => ["lib/libvggcuda.so.0", "lib/glibc-hwcaps/x86-64-v3/libvggcuda.so.0", "lib/glibc-hwcaps/x86-64-v4/libvggcuda.so.0"];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_the_header_declares_is_exported_and_nothing_else(string file)
    {
        library.Need();
        Tools.Need("nm", "readelf");
        string path = Path.Combine(Library.Root, file);
        Assert.SkipWhen(!File.Exists(path) && Environment.GetEnvironmentVariable("VGGCUDA_LEVELS") is not null, "VGGCUDA_LEVELS leaves it out.");
        string[] exported = [.. Tools.Succeed(library.Folder, "nm", ["-D", "--defined-only", path]).Output.Split('\n').Select(l => l.Split(' ')).Where(w => w.Length == 3 && w[1] != "A").Select(w => w[2].Split('@')[0]).Order(StringComparer.Ordinal)];
        string header = Comments().Replace(SourceTree.Text("src/Native/include/vggcuda.h"), "");
        string[] declared = [.. Declaration().Matches(header).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(declared);
        Assert.Equal(declared, exported);

        string dynamic = Tools.Succeed(library.Folder, "readelf", ["-dW", path]).Output;
        Assert.Contains("[libvggcuda.so.0]", dynamic, StringComparison.Ordinal);
        Assert.Contains("NODELETE", dynamic, StringComparison.Ordinal);

        // The C library alone, its parts included.
        Assert.All(Needed().Matches(dynamic), m => Assert.Contains(m.Groups[1].Value, (string[])["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "ld-linux-x86-64.so.2"]));
    }

    [Fact]
    public void The_loader_takes_the_best_kernels_of_this_machine()
    {
        string said = library.Run("kernels.c");
        string best = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) is not { } flags ? ""
            : HasAll(flags, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl") ? "avx512"
            : HasAll(flags, "avx2", "fma", "bmi1", "bmi2", "f16c", "movbe") ? "avx2"
            : "portable";
        Assert.Contains($"instructions: {best}", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Structures_have_the_compiler_s_layout()
    {
        StringBuilder lines = new();
        List<string> own = [];
        string header = Comments().Replace(SourceTree.Text("src/Native/include/vggcuda.h"), "");
        foreach ((string name, Type type) in Structures)
        {
            string body = Regex.Match(header, $@"typedef struct {name} \{{(.*?)\}} {name};", RegexOptions.Singleline).Groups[1].Value;
            string[] members = [.. Member().Matches(body).Select(m => m.Groups[1].Value)];
            System.Reflection.FieldInfo[] fields = type.GetFields();
            Assert.Equal(members.Select(m => m.Replace("_", "", StringComparison.Ordinal)), fields.Select(f => f.Name.ToLowerInvariant()));
            lines.AppendLine($"    SIZE({name});");
            own.Add($"{name} {Marshal.SizeOf(type)}");
            foreach ((string member, System.Reflection.FieldInfo field) in members.Zip(fields))
            {
                lines.AppendLine($"    AT({name}, {member});");
                own.Add($"{name}.{member} {Marshal.OffsetOf(type, field.Name)}");
            }
        }

        lines.AppendLine("    SIZE(DLManagedTensorVersioned);\n    SIZE(DLTensor);\n    AT(DLManagedTensorVersioned, flags);\n    AT(DLManagedTensorVersioned, dl_tensor);\n    AT(DLTensor, ndim);\n    AT(DLTensor, dtype);\n    AT(DLTensor, shape);\n    AT(DLTensor, byte_offset);");
        own.AddRange([$"DLManagedTensorVersioned {Unsafe.SizeOf<DlManagedTensor>()}", $"DLTensor {Unsafe.SizeOf<DlTensor>()}", "DLManagedTensorVersioned.flags 24", "DLManagedTensorVersioned.dl_tensor 32", "DLTensor.ndim 16", "DLTensor.dtype 20", "DLTensor.shape 24", "DLTensor.byte_offset 40"]);
        File.WriteAllText(Path.Combine(library.Folder, "layout.inc"), lines.ToString());
        Assert.Equal(own, library.Run("layout.c").Split('\n'));
    }

    [Fact]
    public void The_headers_are_strict_C99_and_C11_and_Cpp17()
    {
        library.Need();
        Tools.Need("gcc", "g++");
        string source = Path.Combine(library.Folder, "headers.c");
        File.WriteAllText(source, "#include \"vggcuda_dlpack.h\"\n#include \"vggcuda.h\"\nint main(void) { vgg_render_options o; o.struct_size = sizeof o; return (int)o.struct_size; }\n");
        foreach (string standard in (string[])["c99", "c11"])
        {
            Tools.Succeed(library.Folder, "gcc", [$"-std={standard}", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", $"-I{Library.Root}/include", source]);
        }

        Tools.Succeed(library.Folder, "g++", ["-std=c++17", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", $"-I{Library.Root}/include", "-x", "c++", "-include", "vggcuda.hpp", source]);
    }

    private static bool HasAll(string flags, params string[] names) => names.All(n => flags.Split(' ').Contains(n));

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\b(vgg_\w+)\s*\((?!\*)[^;{]*\);")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"(\w+)(?:\[\d+\])?;")]
    private static partial Regex Member();

    [GeneratedRegex(@"\(NEEDED\)\s+Shared library: \[(.+)\]")]
    private static partial Regex Needed();
}
