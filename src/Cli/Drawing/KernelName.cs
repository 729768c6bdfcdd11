using VggCuda.Engine.Backends;

namespace VggCuda.Cli.Drawing;

/// <summary>What rounds alike: two backends of the same kernel name give the same bits for the same plan and weights.</summary>
internal static class KernelName
{
    /// <summary><c>cpu avx2</c>, <c>reference</c>, <c>NVIDIA H200, cuDNN 9.1.0, cuBLAS 12.4.0</c>.</summary>
    public static string Of(BackendDescription description) => description.Name switch
    {
        "cpu" => $"cpu {Detail(description, "instructions")}{(Detail(description, "architecture") is "X64" ? "" : " " + Detail(description, "architecture"))}",
        "reference" => "reference",
        _ => $"{description.Device}, cuDNN {Detail(description, "cudnn")}, cuBLAS {Detail(description, "cublas")}{(description.Details.TryGetValue("dense weights", out string? form) ? $", {form} dense weights" : "")}",
    };

    private static string Detail(BackendDescription description, string name) => description.Details.TryGetValue(name, out string? value) ? value : "unknown";
}
